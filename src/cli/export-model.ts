import { formatShape, type Graph, type Value, weightBytes } from '../onnx/index.js'
import { inferenceGraph, loadModel, pictureGraph, writeOnnx } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { say } from './errors.js'
import { resolveModel } from './model-reference.js'

/** What `vitrine export` is asked for. */
export interface ExportFlags {
  output: string
  opset: number
  batch: number | 'dynamic'
  preprocessing?: boolean
  training?: boolean
  json?: boolean
}

/** Builds the model's graph as the flags ask and writes it. */
export async function exportModel(
  name: string,
  { output, opset, batch, preprocessing, json }: ExportFlags,
): Promise<void> {
  const model = await loadModel(nodeFiles, await resolveModel(name), { runtime: inlineRuntime })
  if (!model.pretrained) say(`note: ${name} has random weights`)
  const graph = preprocessing
    ? pictureGraph(model, opset)
    : inferenceGraph(model, { opset, batch: batch === 'dynamic' ? 'batch' : batch })
  await writeOnnx(nodeFiles, output, graph)
  process.stdout.write(json ? `${JSON.stringify(describe(output, graph))}\n` : formatDescription(output, graph))
}

const signature = (value: Value) => ({ name: value.name, dtype: value.dtype, shape: value.shape })

function describe(file: string, graph: Graph) {
  return {
    file,
    bytes: weightBytes(graph),
    opset: graph.opset,
    inputs: graph.inputs.map(signature),
    outputs: graph.outputs.map(signature),
  }
}

function formatDescription(file: string, graph: Graph): string {
  const list = (values: readonly Value[]) =>
    values.map(({ name, dtype, shape }) => `${name} ${dtype}${formatShape(shape)}`).join(', ')
  const megabytes = (weightBytes(graph) / 1e6).toFixed(1)
  return `${file}: ${list(graph.inputs)} → ${list(graph.outputs)}, opset ${graph.opset}, ${graph.nodes.length} nodes, ${megabytes} MB of weights\n`
}
