import { UserError } from '../errors.js'
import type { Tensor } from '../onnx/tensor.js'
import type { Files } from '../runtime/files.js'
import { isNpy } from './npy.js'
import { isNpz, readNpz } from './npz.js'
import { fromPaddle, readPaddle } from './paddle-file.js'
import { stripPrefixes } from './prefixes.js'
import { parseSafetensors } from './safetensors.js'
import { readSharded } from './sharded.js'
import { isLegacyTorch, isTorchArchive, readLegacyTorch, readTorchArchive } from './torch-file.js'
import { Budget } from './untrusted.js'
import { unwrap } from './unwrap.js'
import { ZipArchive } from './zip.js'

/** Weights as a file holds them. */
export interface TensorFile {
  /** Under the names and in the layout of the library that wrote them; views of the file where that is possible. */
  tensors: Map<string, Tensor>
  /** What was chosen, left out and renamed, each in a few words for the user. */
  notes: string[]
  /** What the header of a safetensors file says beside. */
  metadata?: Record<string, string>
}

/** The files that hold the weights in a folder of Hugging Face or timm, the best first. */
const weightFiles = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
]

/** How other files of weights end. */
const weightExtension = /\.(safetensors|pth|pt|bin|npz|pdparams)$/i

/**
 * Reads the weights in a file, or those of a model folder, whatever library wrote them: safetensors, PyTorch (`.pth`,
 * `.pt`, `.bin`, also of before 1.6), numpy (`.npz`), Paddle (`.pdparams`), and the index of a model in several files.
 * The content decides which, not the name. No code in a file is run, and its memory is bounded by its size.
 * @throws UserError where there is no such file, or it is broken, hostile or of another kind
 */
export async function readTensors(files: Files, path: string): Promise<TensorFile> {
  const file = (await files.kind(path)) === 'folder' ? await findWeights(files, path) : path
  const bytes = await readBytes(files, file)
  const read = isJson(bytes) ? await readIndexed(files, file, bytes) : await parseTensors(bytes, file)
  const notes = [...read.notes]
  return { ...read, tensors: stripPrefixes(read.tensors, notes), notes }
}

/**
 * The file in a model folder that holds its weights, or their index: one of the usual name, or the only one that looks
 * like weights. @throws UserError where there is none, or more than one and none of the usual name
 */
export async function findWeights(files: Files, folder: string): Promise<string> {
  for (const name of weightFiles) {
    if ((await files.kind(`${folder}/${name}`)) === 'file') return `${folder}/${name}`
  }
  const entries = (await files.list(folder)).filter(({ kind }) => kind === 'file').map(({ name }) => name)
  const [only, ...others] = entries.filter((name) => weightExtension.test(name))
  if (others.length > 0) {
    throw new UserError(`${folder} has more than one file of weights (${only}, ${others[0]}): name the one you want`)
  }
  if (only !== undefined) return `${folder}/${only}`
  throw new UserError(
    `${folder} has no weights: it should hold ${weightFiles[0]}, or name the file of the weights itself`,
  )
}

/** Does a folder hold weights, whether or not it is clear which are meant? */
export async function hasWeights(files: Files, folder: string): Promise<boolean> {
  const entries = await files.list(folder)
  return entries.some(({ name, kind }) => kind === 'file' && (weightFiles.includes(name) || weightExtension.test(name)))
}

/** Is this how the weights in model folders are called, so that a config.json beside them belongs to them? */
export function isUsualName(path: string): boolean {
  return weightFiles.includes(path.slice(path.lastIndexOf('/') + 1))
}

async function readBytes(files: Files, file: string): Promise<Uint8Array> {
  const bytes = await files.read(file)
  // Not a Node Buffer, whose methods differ.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function readIndexed(files: Files, indexFile: string, bytes: Uint8Array): Promise<TensorFile> {
  const notes: string[] = []
  const tensors = await readSharded(files, indexFile, new TextDecoder().decode(bytes), async (path) => {
    const shard = await parseTensors(await readBytes(files, path), path)
    notes.push(...shard.notes)
    return shard.tensors
  })
  return { tensors, notes }
}

async function parseTensors(bytes: Uint8Array, file: string): Promise<TensorFile> {
  const budget = new Budget(file, bytes.length)
  if (isZip(bytes)) return readArchive(await ZipArchive.open(bytes, budget), budget)
  if (isLegacyTorch(bytes)) return readLazily(readLegacyTorch(bytes, budget), file)
  if (isSafetensors(bytes)) return { ...parseSafetensors(bytes, file), notes: [] }
  if (isPickle(bytes)) return readLazily(readPaddle(bytes, budget), file, fromPaddle)
  throw unknownFormat(bytes, file)
}

async function readArchive(archive: ZipArchive, budget: Budget): Promise<TensorFile> {
  if (isTorchArchive(archive)) return readLazily(await readTorchArchive(archive, budget), budget.fileName)
  if (isNpz(archive)) return { tensors: await readNpz(archive, budget), notes: [] }
  throw new UserError(
    `${budget.fileName} is a ZIP archive without weights: extract it and name the file of the weights`,
  )
}

async function readLazily(value: unknown, file: string, convert = (tensor: Tensor) => tensor): Promise<TensorFile> {
  const { tensors, notes } = unwrap(value, file)
  const read = new Map<string, Tensor>()
  for (const [name, tensor] of tensors) read.set(name, convert(await tensor.read()))
  return { tensors: read, notes }
}

function isJson(bytes: Uint8Array): boolean {
  return startsWith(bytes, '{') && !isSafetensors(bytes)
}

function isZip(bytes: Uint8Array): boolean {
  return startsWith(bytes, 'PK\x03\x04')
}

/** A safetensors file begins with the length of its header, which is a JSON object. */
function isSafetensors(bytes: Uint8Array): boolean {
  return startsWith(bytes.subarray(8), '{') && bytes.subarray(0, 8).includes(0)
}

/** From protocol 2 on a pickle begins with its version; before, with a container or a class, and ends with STOP. */
function isPickle(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x80) return bytes[1]! <= 5
  return bytes.at(-1) === '.'.charCodeAt(0) && ['(', '}', ']', 'c'].some((opcode) => startsWith(bytes, opcode))
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => bytes[i] === character.charCodeAt(0))
}

function unknownFormat(bytes: Uint8Array, file: string): UserError {
  if (startsWith(bytes, 'version https://git-lfs')) {
    return new UserError(`${file} is a pointer of Git LFS, not the file itself: fetch it with \`git lfs pull\``)
  }
  if (isNpy(bytes)) return new UserError(`${file} is a single array: save all weights by name with numpy.savez`)
  return new UserError(
    `${file} is in no known format of weights: name a .safetensors, .pth, .pt, .bin, .npz or .pdparams file`,
  )
}
