import type { Module, ViT } from '../nn/index.js'
import { Node, type Shape } from '../onnx/index.js'
import { activationBytesOf, macsOf } from './cost.js'
import { type Call, countValues, ownParameters, trace } from './trace.js'

/** One layer of a model. All counts include the layers inside. */
export interface LayerSummary {
  /** The name in the layer around it, such as `layers.3`; empty for the model itself. */
  name: string
  className: string
  /** With the symbol `batch`. */
  outputShape: Shape
  /** Learned values. */
  parameters: number
  /** The layer's own parameters, apart from those of the layers inside. */
  ownParameters: { name: string; shape: readonly number[] }[]
  /** ONNX operators emitted for inference; 0 where the layer only acts while training, as dropout does. */
  nodes: number
  /** Multiply-accumulate operations of matrix products and convolutions for one image. */
  macs: number
  /**
   * What the outputs of the layer's operators take for one image, in bytes, were they all kept, as for training: without
   * Reshape and the like, which move no data, and without shape arithmetic. Inference frees most of it on the way.
   */
  activationBytes: number
  layers: LayerSummary[]
}

/** What a model is made of. */
export interface Summary {
  inputShape: Shape
  /** The model as a whole and, inside it, its layers. */
  model: LayerSummary
  /** Learned values that a training step would change. */
  trainableParameters: number
  weightBytes: number
}

export interface SummaryOptions {
  /** Which parameters learn, by timm name; all by default. As in `compileTrainStep`. */
  trainable?: (name: string, shape: readonly number[]) => boolean
}

/** The layer table of a model. No weight is drawn or loaded for it. */
export function summarize(model: ViT, { trainable = () => true }: SummaryOptions = {}): Summary {
  const { input, output, nodes, steps } = trace(model)
  const calls = new Map(steps.flatMap((step) => (step instanceof Node ? [] : [[step.path, step]])))
  const parameters = [...model.parameters.values()]
  return {
    inputShape: input.shape,
    model: summarizeLayer(model, { output, nodes }, (path) => calls.get(path)),
    trainableParameters: countValues(parameters.filter(({ name, shape }) => trainable(name, shape))),
    weightBytes: 4 * model.parameterCount,
  }
}

function summarizeLayer(
  layer: Module,
  call: Pick<Call, 'output' | 'nodes'>,
  callOf: (path: string) => Call | undefined,
  prefix = '',
): LayerSummary {
  const bindings = { batch: 1 }
  const layers = layer.children().flatMap(([name, child]): LayerSummary[] => {
    const inner = callOf(prefix + name)
    return inner ? [summarizeLayer(child, inner, callOf, `${prefix}${name}.`)] : []
  })
  const sum = (cost: (node: Node) => number) => call.nodes.reduce((total, node) => total + cost(node), 0)
  return {
    name: layer.scopeName,
    className: layer.constructor.name,
    outputShape: call.output.shape,
    parameters: countValues(layer.namedParameters().map(([, parameter]) => parameter)),
    ownParameters: ownParameters(layer).map(([name, { shape }]) => ({ name, shape })),
    nodes: call.nodes.length,
    macs: sum((node) => macsOf(node, bindings)),
    activationBytes: sum((node) => activationBytesOf(node, bindings)),
    layers,
  }
}
