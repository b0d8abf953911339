import { UserError } from '../errors.js'
import { bytesPerElement } from '../onnx/tensor.js'
import { ByteReader } from './byte-reader.js'
import { numpyGlobals } from './numpy-globals.js'
import { unpickle } from './pickle.js'
import { invalidPickle, type PickleGlobal } from './pickle-machine.js'
import { pythonGlobals } from './python-globals.js'
import { TorchStorages, torchGlobals } from './torch-globals.js'
import type { Budget } from './untrusted.js'
import type { ZipArchive } from './zip.js'

/** The pickle in an archive of PyTorch, whose folder is named after the file that was first saved. */
const dataPattern = /^([^/]+)\/data\.pkl$/

/** Is this an archive that `torch.save` or `torch.jit.save` has written? */
export function isTorchArchive(archive: ZipArchive): boolean {
  return archive.names.some((name) => dataPattern.test(name))
}

/**
 * What `torch.save` of PyTorch 1.6 or newer has put into an archive: `data.pkl`, and the storages as `data/<key>`.
 * @returns the value of the pickle, in which tensors are `LazyTensor`s
 * @throws UserError where the file is broken, a TorchScript program, or asks for more than tensors and plain values
 */
export async function readTorchArchive(archive: ZipArchive, budget: Budget): Promise<unknown> {
  const [folder, another] = archive.names.flatMap((name) => dataPattern.exec(name)?.[1] ?? [])
  if (folder === undefined || another !== undefined) throw invalidPickle(budget.fileName, 'it has not one data.pkl')
  if (archive.has(`${folder}/constants.pkl`)) {
    throw new UserError(
      `${budget.fileName} is a TorchScript program, whose code is not run: load it in Python and save its state_dict()`,
    )
  }
  const byteOrder = `${folder}/byteorder`
  if (archive.has(byteOrder) && new TextDecoder().decode(await archive.read(byteOrder)) !== 'little') {
    throw bigEndian(budget)
  }
  const storages = new TorchStorages(budget, (key) => archive.read(`${folder}/data/${key}`))
  const globals = checkpointGlobals(budget)
  const pickle = await archive.read(`${folder}/data.pkl`)
  return unpickle(pickle, { budget, globals, findPersistent: (id) => storages.find(id) }).value
}

/** The first pickle of the legacy format: 0x1950a86a20f9469cfc6c. */
const legacyMagic = 0x1950a86a20f9469cfc6cn

/** Is this a file that PyTorch before 1.6 has written, or a newer one without `_use_new_zipfile_serialization`? */
export function isLegacyTorch(bytes: Uint8Array): boolean {
  // PROTO, and FRAME from protocol 4 on, come before LONG1, its length and the bytes of the number.
  const start = bytes[2] === 0x95 ? 11 : 2
  const expected = [0x8a, 10, ...Array.from({ length: 10 }, (_, i) => Number((legacyMagic >> BigInt(8 * i)) & 255n))]
  return bytes[0] === 0x80 && expected.every((byte, i) => bytes[start + i] === byte)
}

/**
 * What PyTorch before 1.6 has saved: five pickles (magic number, version, system, value, keys of storages), then each
 * storage, as its number of elements and its bytes.
 * @returns the value, in which tensors are `LazyTensor`s
 * @throws UserError as `readTorchArchive`
 */
export function readLegacyTorch(bytes: Uint8Array, budget: Budget): unknown {
  const globals = checkpointGlobals(budget)
  const contents = new Map<string, Uint8Array>()
  const storages = new TorchStorages(budget, async (key) => contents.get(key) ?? new Uint8Array(0))

  const magic = unpickle(bytes, { budget, globals })
  const version = unpickle(bytes, { budget, globals }, magic.end)
  const system = unpickle(bytes, { budget, globals }, version.end)
  if (system.value instanceof Map && system.value.get('little_endian') === false) throw bigEndian(budget)
  const object = unpickle(bytes, { budget, globals, findPersistent: (id) => storages.find(id) }, system.end)
  const keys = unpickle(bytes, { budget, globals }, object.end)

  const reader = new ByteReader(bytes, keys.end, () => invalidPickle(budget.fileName, 'it ends early'))
  for (const key of Array.isArray(keys.value) ? keys.value : []) {
    const storage = storages.get(key)
    if (!storage) throw invalidPickle(budget.fileName, 'it has a storage that no tensor uses')
    contents.set(key, reader.take(reader.u64() * bytesPerElement(storage.dtype)))
  }
  return object.value
}

function checkpointGlobals(budget: Budget): Map<string, PickleGlobal> {
  return new Map([...pythonGlobals(budget), ...numpyGlobals(budget), ...torchGlobals(budget)])
}

function bigEndian(budget: Budget): UserError {
  return new UserError(`${budget.fileName} was saved by a big-endian machine: load and save it again on another one`)
}
