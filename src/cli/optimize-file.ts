import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatOptimization } from '../inspect/optimize/format-report.js'
import { optimize, type Runnable, timeBoth } from '../inspect/optimize/index.js'
import { externalLocations } from '../onnx/index.js'
import { writeOnnx } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { blame, naming, openOnnx, requireOther } from './open-onnx.js'
import { picturesFor } from './optimize-pictures.js'
import { textOptions } from './text-options.js'

/** What `vitrine optimize` is asked for. */
export interface OptimizeFlags {
  output: string
  runtime?: 'onnxruntime'
  attention?: boolean
  fp16?: boolean
  opset?: number
  images?: string
  json?: boolean
}

/** Optimises a model file, writes the result, and prints what was done and what it gave. */
export async function optimizeFile(name: string, flags: OptimizeFlags): Promise<void> {
  const { output } = flags
  const file = await openOnnx(name)
  try {
    const original = await runnable(file.path)
    for (const written of [output, `${output}.data`]) await requireOther(file, written, '--output')
    const { graph, report, trials } = await naming(
      file.path,
      optimize(file.model.graph, {
        onnxruntime: flags.runtime === 'onnxruntime',
        attention: flags.attention,
        opset: flags.opset,
        float16: flags.fp16 ?? false,
        runtime: inlineRuntime,
        original,
        samples: flags.images === undefined ? [] : await picturesFor(file, flags.images),
      }),
    )
    await writeOnnx(nodeFiles, output, graph)
    const optimized = await runnable(output)
    const [before, after] = await timeBoth(inlineRuntime, original, optimized, trials[0]!)
    const outcome = {
      file: file.path,
      output,
      ...report,
      bytes: { before: await sizeOf(file.path, original), after: await sizeOf(output, optimized) },
      milliseconds: {
        load: { before: before.load, after: after.load },
        run: { before: before.run, after: after.run },
        inputs: trials[0]!.name,
      },
    }
    process.stdout.write(flags.json ? `${JSON.stringify(outcome)}\n` : formatOptimization(outcome, textOptions()))
  } catch (error) {
    throw blame(file.path, error)
  } finally {
    file.close()
  }
}

const runnable = async (path: string): Promise<Runnable> => ({
  model: await nodeFiles.read(path),
  options: { externalFolder: dirname(path) },
})

/** The file itself and those beside it that hold its weights. */
const filesOf = (path: string, model: Uint8Array) => [
  path,
  ...externalLocations(model).map((location) => join(dirname(path), location)),
]

async function sizeOf(path: string, { model }: Runnable): Promise<number> {
  const sizes = await Promise.all(filesOf(path, model).map((file) => stat(file)))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
