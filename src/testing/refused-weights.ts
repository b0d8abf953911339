import assert from 'node:assert/strict'
import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import { readTensors } from '../weights/read-tensors.js'

/** A disk with one file, `model`. */
export function onlyFile(bytes: Uint8Array): Files {
  const files: Pick<Files, 'read' | 'kind'> = {
    read: async () => bytes,
    kind: async (path) => (path === 'model' ? 'file' : undefined),
  }
  return files as Files
}

/** Demands that weights are refused, soon and in one sentence, which matches `message`. */
export async function refuses(bytes: Uint8Array, message: RegExp): Promise<void> {
  const start = performance.now()
  await assert.rejects(readTensors(onlyFile(bytes), 'model'), (error) => {
    assert(error instanceof UserError, error instanceof Error ? error.stack : String(error))
    assert.match(error.message, /^(model|shard\.safetensors)[: ]/)
    assert.match(error.message, message)
    assert([...error.message].every((character) => character >= ' ') && error.message.length < 400, error.message)
    return true
  })
  const seconds = (performance.now() - start) / 1000
  assert(seconds < 5, `took ${seconds} s`)
}

/** Demands that this process has never taken much memory. */
export function assertLittleMemory(): void {
  const { maxRSS } = process.resourceUsage()
  assert(maxRSS < 2 ** 20, `${maxRSS} KiB`)
}
