import type { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import type { Tensor } from '../onnx/tensor.js'
import { Random } from '../random.js'
import type { Initializer } from './initializers.js'

/** A float32 tensor that a model learns. Its numbers come from a checkpoint, or are drawn when they are first asked for. */
export class Parameter {
  /** The name within the whole model, such as `blocks.3.attn.qkv.weight`; given by the root module. */
  name = ''
  /** Parameters of one model draw from streams of their own, so that their order does not matter. */
  seed = 0
  private values: Float32Array | undefined

  constructor(
    readonly shape: readonly number[],
    private readonly initialize: Initializer,
  ) {}

  get data(): Float32Array {
    this.values ??= this.initialize(this.shape, new Random(this.seed, this.name))
    return this.values
  }

  set data(values: Float32Array) {
    this.values = values
  }

  /** The parameter as an initializer of the graph, which points at `data`. */
  in(graph: Graph): Value {
    return graph.parameter(this.name, this.shape, () => this.data)
  }
}

/**
 * A layer: parameters, sub-layers and how they compute. Layers are found among a module's own properties, and arrays of
 * them; the property's name names the layer in the graph and, with `stateName`, in state dicts.
 */
export abstract class Module {
  /** The name under which the layer stands in its parent, such as `attn` or `layers.3`. */
  scopeName = ''

  /** Emits the layer's operations into the graph of `x` and returns its output. */
  abstract forward(x: Value): Value

  /** `forward` within the layer's own scope. */
  call(x: Value): Value {
    return x.graph.scope(this.scopeName, () => this.forward(x))
  }

  /** The layers directly inside this one, by name, in the order of construction. */
  children(): [string, Module][] {
    return Object.entries(this).flatMap(([name, property]): [string, Module][] => {
      if (property instanceof Module) return [[name, property]]
      if (!Array.isArray(property)) return []
      return property.flatMap((item, i): [string, Module][] => (item instanceof Module ? [[`${name}.${i}`, item]] : []))
    })
  }

  /** All parameters, those of the layers inside included, by their dotted path of property names. */
  namedParameters(): [string, Parameter][] {
    const own = Object.entries(this).filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter)
    const inner = this.children().flatMap(([name, child]) =>
      child.namedParameters().map(([path, parameter]): [string, Parameter] => [`${name}.${path}`, parameter]),
    )
    return [...own, ...inner]
  }

  /** Tells every layer inside its name. The root of a model calls this once it is built. */
  protected nameLayers() {
    for (const [name, child] of this.children()) {
      child.scopeName = name
      child.nameLayers()
    }
  }
}

/** The values of parameters by name. */
export type StateDict = Map<string, Tensor>
