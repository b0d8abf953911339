import { UserError } from '../errors.js'
import { formatInspection } from '../inspect/inspection/format-inspection.js'
import { inspectModel } from '../inspect/inspection/inspect-model.js'
import { understand } from '../inspect/understand/understand.js'
import type { Understanding } from '../inspect/understand/understanding.js'
import { blame, type OpenOnnx, openOnnx, requireOther } from './open-onnx.js'
import { textOptions } from './text-options.js'

/** What `vitrine inspect` is asked for. */
export interface InspectFlags {
  ops?: boolean
  profile?: boolean
  compare?: string
  batch?: number
  html?: string
  json?: boolean
}

/** Reads a model file and prints what is asked about it. */
export async function inspect(name: string, flags: InspectFlags): Promise<void> {
  const file = await openOnnx(name)
  try {
    const understanding = understand(file.model.graph)
    if (flags.compare === undefined) return await tell(file, understanding, flags)
    const { compareFiles } = await import('./compare-files.js')
    await compareFiles({ ...file, understanding }, flags.compare, flags)
  } catch (error) {
    throw blame(file.path, error)
  } finally {
    file.close()
  }
}

/** Everything about one file: each of the flags has its part, and without any there is the architecture. */
async function tell(file: OpenOnnx, understanding: Understanding, flags: InspectFlags): Promise<void> {
  const { path, bytes, model } = file
  const inspection = inspectModel(model, { path, bytes, understanding, batch: flags.batch })
  const ops = flags.ops ? await operators(file) : undefined
  const profile = flags.profile ? await measure(file, understanding, inspection.sizes) : undefined
  if (flags.html !== undefined) {
    await requireOther(file, flags.html, '--html')
    const { writeModelPage } = await import('./write-model-page.js')
    const findings = { understanding, sizes: inspection.sizes, measured: profile?.profile.nodes }
    await writeModelPage(model, findings, { source: path, path: flags.html })
  }
  if (flags.json) {
    const added = { ...(ops && { ops: ops.counts }), ...(profile && { profile: profile.json(model.graph.nodes) }) }
    process.stdout.write(`${JSON.stringify({ ...inspection, ...added })}\n`)
    return
  }
  const texts = [ops?.text, profile?.text, flags.html && `${flags.html}: open it in a browser\n`].filter(Boolean)
  process.stdout.write(texts.length > 0 ? texts.join('\n') : formatInspection(inspection, textOptions()))
}

async function operators({ path, model }: OpenOnnx) {
  const { countOperators, formatOperators } = await import('../inspect/inspection/folding.js')
  const { inlineRuntime } = await import('../runtime/node/runtime.js')
  const counts = await countOperators(model.graph, inlineRuntime).catch((error: Error) => {
    throw new UserError(`ONNX Runtime cannot compute the constants of ${path}: ${error.message}`, { cause: error })
  })
  return { counts, text: formatOperators(counts, textOptions()) }
}

async function measure(file: OpenOnnx, understanding: Understanding, sizes: Readonly<Record<string, number>>) {
  const { measureFile } = await import('./measure-file.js')
  return measureFile(file, understanding, sizes)
}
