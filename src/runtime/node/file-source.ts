import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { UserError } from '../../errors.js'
import type { ByteSource } from '../../onnx/index.js'
import { explain } from './files.js'

/** A file that is read piece by piece, as it is asked for. */
export interface FileSource extends ByteSource {
  close(): void
}

/** Opens a file to be read in pieces. @throws UserError where it is missing or cannot be read */
export function openFile(path: string): FileSource {
  try {
    // Before it is opened: that of a pipe would wait until somebody writes to it.
    if (!statSync(path).isFile()) throw new UserError(`cannot read ${path}: it is no file, name one`)
    const file = openSync(path, 'r')
    return {
      size: fstatSync(file).size,
      read: (offset, length) => readPiece(file, path, offset, length),
      close: () => closeSync(file),
    }
  } catch (error) {
    throw explain(error, 'read', path)
  }
}

function readPiece(file: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let position = 0; position < length; ) {
    const read = readSync(file, bytes, position, Math.min(length - position, 2 ** 30), offset + position)
    if (read === 0) throw new UserError(`${path} became shorter while it was read: write it again`)
    position += read
  }
  return bytes
}
