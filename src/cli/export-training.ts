import { UserError } from '../errors.js'
import { Graph } from '../onnx/index.js'
import { inferenceGraph, loadModel, writeOnnx } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { adamw, crossEntropy, type ExportedGraph, exportTrainingStep, recipes } from '../train/index.js'
import { say } from './errors.js'
import { resolveModel } from './model-reference.js'

/** What `vitrine export --training` is asked for. */
export interface ExportTrainingFlags {
  output: string
  opset: number
  /** Pictures a step. */
  batch: number
  json?: boolean
}

/** Writes a model's training step as plain ONNX files, with what they take and give in `training.json`. */
export async function exportTraining(name: string, { output, opset, batch, json }: ExportTrainingFlags): Promise<void> {
  if ((await nodeFiles.kind(output)) === 'file')
    throw new UserError(`${output} is a file: name a folder with --output for the graphs of --training`)
  const model = await loadModel(nodeFiles, await resolveModel(name), { runtime: inlineRuntime })
  if (!model.pretrained) say(`note: ${name} has random weights`)
  if (model.labels.length === 0)
    throw new UserError(`${name} has no classes to learn, only features: choose a model with a head`)
  const { labelSmoothing, weightDecay, clipNorm } = recipes.simple
  const { graphs, manifest } = exportTrainingStep(
    model.vit.build(new Graph({ opset, training: true }), batch),
    inferenceGraph(model, { opset }),
    { loss: crossEntropy({ labelSmoothing }), optimizer: adamw({ weightDecay }), clipNorm, batch },
  )
  for (const [graph, { file }] of Object.entries(manifest.graphs))
    await writeOnnx(nodeFiles, `${output}/${file}`, graphs[graph as ExportedGraph])
  await nodeFiles.write(`${output}/training.json`, `${JSON.stringify(manifest, null, 2)}\n`)
  const lines = Object.values(manifest.graphs).map(({ file, does }) => `${output}/${file}: ${does}\n`)
  process.stdout.write(
    json
      ? `${JSON.stringify(manifest)}\n`
      : `${lines.join('')}${output}/training.json says what each takes and gives\n`,
  )
}
