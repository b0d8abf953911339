import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '../errors.js'
import { preset } from '../nn/index.js'
import { NodeError, type OnnxModel, readModel } from '../onnx/index.js'
import { type FileSource, openFile } from '../runtime/node/file-source.js'
import { nodeFiles } from '../runtime/node/files.js'
import { quote } from './invocation.js'
import { resolveModel } from './model-reference.js'

/** A model file to look into. Its large weights stay in the file, which is open until `close`. */
export interface OpenOnnx {
  path: string
  model: OnnxModel
  /** With the files beside it that hold weights. */
  bytes: number
  /** Itself and these. */
  files: readonly string[]
  close(): void
}

/** What a run folder and the models of the hub have. */
const inFolder = 'onnx/model.onnx'

/**
 * Opens the `.onnx` file that a command's `<model>` stands for: itself, or that of a model folder.
 * @throws UserError where there is none, or where it is no ONNX model
 */
export async function openOnnx(name: string): Promise<OpenOnnx> {
  const path = await findOnnx(name)
  const opened = new Map<string, FileSource>()
  const open = (file: string) => {
    const source = opened.get(file) ?? openFile(file)
    opened.set(file, source)
    return source
  }
  const close = () => {
    for (const source of opened.values()) source.close()
  }
  try {
    const model = readModel(open(path), (location) => open(join(dirname(path), location)))
    const bytes = [...opened.values()].reduce((sum, { size }) => sum + size, 0)
    return { path, model, bytes, files: [...opened.keys()], close }
  } catch (error) {
    close()
    if (error instanceof UserError) throw error
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** @throws UserError where writing a path would replace a file of the model itself */
export async function requireOther({ files }: OpenOnnx, path: string, flag: string): Promise<void> {
  const own = await Promise.all(files.map((file) => realpath(file)))
  if (own.includes(await realpath(path).catch(() => path)))
    throw new UserError(`${path} belongs to the model that is read: name another file with ${flag}`)
}

/** An error of work with a model, with its file: where one of the nodes is not as its operator asks, that is to blame. */
export const blame = (path: string, error: unknown): unknown =>
  error instanceof NodeError ? new UserError(`${path} cannot be used: ${error.message}`, { cause: error }) : error

/** Does something with a model whose errors speak of it without its name. */
export async function naming<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${path}: ${error.message}`, { cause: error }) : error
  }
}

async function findOnnx(name: string): Promise<string> {
  const path = await resolveModel(name)
  const toOnnx = `export it first: vitrine export ${quote(name)} --output model.onnx`
  const kind = await nodeFiles.kind(path)
  if (kind === 'folder') {
    if ((await nodeFiles.kind(join(path, inFolder))) === 'file') return join(path, inFolder)
    throw new UserError(`${name} is a folder without ${inFolder}: name an .onnx file, or ${toOnnx}`)
  }
  if (kind === undefined && preset(name)) throw new UserError(`${name} is a preset and no file: ${toOnnx}`)
  if (kind === 'file' && /\.(pt|pth|bin|safetensors|npz|pdparams|ckpt)$/i.test(path))
    throw new UserError(`${name} is a file of weights, which has no graph to look into: ${toOnnx}`)
  return path
}
