import type { Module, Parameter, ViT } from '../nn/index.js'
import { elementCount, Graph, type Node, type Shape, Value } from '../onnx/index.js'
import { activationBytesOf, macsOf } from './cost.js'

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
  const graph = model.build(new TracingGraph()) as TracingGraph
  const root = { output: graph.outputs[0]!, nodes: graph.nodes }
  const parameters = [...model.parameters.values()]
  return {
    inputShape: graph.inputs[0]!.shape,
    model: summarizeLayer(model, root, (path) => graph.calls.get(path)),
    trainableParameters: count(parameters.filter(({ name, shape }) => trainable(name, shape))),
    weightBytes: 4 * model.parameterCount,
  }
}

/** What one call of a layer emitted and returned. */
interface Call {
  output: Value
  nodes: readonly Node[]
}

/** Records what each layer's scope emits, and takes parameters by their shape alone. */
class TracingGraph extends Graph {
  /** By the layer's path, such as `encoder.layers.3.attn`. */
  readonly calls = new Map<string, Call>()
  private path: readonly string[] = []

  override scope<T>(name: string, body: () => T): T {
    const outer = this.path
    const first = this.nodes.length
    this.path = [...outer, name]
    try {
      const output = super.scope(name, body)
      if (output instanceof Value) this.calls.set(this.path.join('.'), { output, nodes: this.nodes.slice(first) })
      return output
    } finally {
      this.path = outer
    }
  }

  override parameter(name: string, shape: readonly number[]): Value {
    return new Value(this, name, { dtype: 'float32', shape })
  }
}

function summarizeLayer(
  layer: Module,
  call: Call,
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
    parameters: count(layer.namedParameters().map(([, parameter]) => parameter)),
    ownParameters: layer
      .namedParameters()
      .flatMap(([name, { shape }]) => (name.includes('.') ? [] : [{ name, shape }])),
    nodes: call.nodes.length,
    macs: sum((node) => macsOf(node, bindings)),
    activationBytes: sum((node) => activationBytesOf(node, bindings)),
    layers,
  }
}

const count = (parameters: readonly Parameter[]) => parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)
