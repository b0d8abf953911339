import { formatInspection } from '../inspect/inspection/format-inspection.js'
import { inspectModel } from '../inspect/inspection/inspect-model.js'
import { understand } from '../inspect/understand/understand.js'
import { openOnnx } from './open-onnx.js'
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
    const inspection = inspectModel(file.model, {
      path: file.path,
      bytes: file.bytes,
      understanding,
      batch: flags.batch,
    })
    process.stdout.write(flags.json ? `${JSON.stringify(inspection)}\n` : formatInspection(inspection, textOptions()))
  } finally {
    file.close()
  }
}
