import type { Module, Parameter, ViT } from '../nn/index.js'
import { elementCount, Graph, type Node, Value } from '../onnx/index.js'
import type { DeclaredType } from '../onnx/node.js'

/** A layer that ran. */
export interface Call {
  /** Where the layer stands in the model, such as `encoder.layers.3.attn`. */
  path: string
  layer: Module
  input: Value
  output: Value
  /** What the layer emitted, the layers inside it included. */
  nodes: readonly Node[]
}

/** What happens when a model runs. Shapes have the symbol `batch`. */
export interface Trace {
  input: Value
  output: Value
  nodes: readonly Node[]
  /** Every operator, and every call of a layer but the model itself, in the order of completion: a layer ends after all inside it. */
  steps: readonly (Call | Node)[]
}

/** Runs a model for inference on shapes alone: no weight is drawn or loaded. */
export function trace(model: ViT): Trace {
  const graph = new TracingGraph(layersOf(model))
  model.build(graph)
  return { input: graph.inputs[0]!, output: graph.outputs[0]!, nodes: graph.nodes, steps: graph.steps }
}

/** Records what each layer's scope emits, and takes parameters by their shape alone. */
class TracingGraph extends Graph {
  readonly steps: (Call | Node)[] = []
  private path: readonly string[] = []

  constructor(private readonly layers: ReadonlyMap<string, Module>) {
    super()
  }

  override scope<T>(name: string, body: () => T): T {
    const outer = this.path
    const first = this.nodes.length
    this.path = [...outer, name]
    const path = this.path.join('.')
    try {
      const output = super.scope(name, body)
      const layer = this.layers.get(path)
      if (layer && output instanceof Value) {
        const nodes = this.nodes.slice(first)
        this.steps.push({ path, layer, input: this.inputOf(nodes) ?? output, output, nodes })
      }
      return output
    } finally {
      this.path = outer
    }
  }

  protected override add(node: Node, names: readonly string[], types?: readonly (DeclaredType | undefined)[]) {
    const values = super.add(node, names, types)
    this.steps.push(node)
    return values
  }

  override parameter(name: string, shape: readonly number[]): Value {
    return new Value(this, name, { dtype: 'float32', shape })
  }

  /** The first value that some nodes take from outside, parameters and constants apart; none where there are no nodes. */
  private inputOf(nodes: readonly Node[]): Value | undefined {
    const inside = new Set(nodes)
    return nodes
      .flatMap(({ inputs }) => inputs)
      .find((value) => value && (value.producer ? !inside.has(value.producer) : this.inputs.includes(value)))
  }
}

/** All layers inside one, by their path. */
function layersOf(layer: Module, prefix = ''): Map<string, Module> {
  return new Map(
    layer
      .children()
      .flatMap(([name, child]): [string, Module][] => [
        [prefix + name, child],
        ...layersOf(child, `${prefix}${name}.`),
      ]),
  )
}

/** The parameters of a layer by name, without those of the layers inside it. */
export const ownParameters = (layer: Module): [string, Parameter][] =>
  layer.namedParameters().filter(([path]) => !path.includes('.'))

/** The number of learned values. */
export const countValues = (parameters: readonly Parameter[]): number =>
  parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)
