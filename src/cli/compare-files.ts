import { dirname } from 'node:path'
import { compareModels } from '../inspect/compare/compare.js'
import { formatComparison } from '../inspect/compare/format-comparison.js'
import { understand } from '../inspect/understand/understand.js'
import type { Understanding } from '../inspect/understand/understanding.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { blame, type OpenOnnx, openOnnx } from './open-onnx.js'
import { textOptions } from './text-options.js'

/** Prints what differs between a model and another one. */
export async function compareFiles(
  a: OpenOnnx & { understanding: Understanding },
  otherName: string,
  { json = false }: { json?: boolean },
): Promise<void> {
  const other = await openOnnx(otherName)
  try {
    const b = { ...other, name: other.path, understanding: understand(other.model.graph) }
    const run = { runtime: inlineRuntime, a: () => load(a), b: () => load(b) }
    const comparison = await compareModels({ ...a, name: a.path }, b, run)
    process.stdout.write(json ? `${JSON.stringify(comparison)}\n` : formatComparison(comparison, textOptions()))
  } catch (error) {
    throw blame(other.path, error)
  } finally {
    other.close()
  }
}

const load = async ({ path }: OpenOnnx) => ({
  model: await nodeFiles.read(path),
  options: { externalFolder: dirname(path) },
})
