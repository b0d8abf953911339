import type { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { gather } from '../onnx/ops/index.js'
import { completeConfig, type ViTConfig } from './config.js'
import { Encoder } from './encoder.js'
import { headInit, MlpHead, PreLogits } from './heads.js'
import { Linear } from './linear.js'
import { Module, type Parameter, type StateDict } from './module.js'
import { PatchEmbedding } from './patch-embedding.js'

/** Where timm's names for parameters differ from the path of the layers. */
const timmNames: readonly (readonly [string, string])[] = [
  ['patchEmbedding.projection', 'patch_embed.proj'],
  ['patchEmbedding.classToken', 'cls_token'],
  ['patchEmbedding.positionEmbedding', 'pos_embed'],
  ['encoder.layers', 'blocks'],
  ['encoder.norm', 'norm'],
  ['preLogits', 'pre_logits'],
]

/**
 * The Vision Transformer (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020, https://arxiv.org/abs/2010.11929):
 * pixels [batch, channels, height, width] to logits [batch, classes].
 *
 * Parameters have timm's names and PyTorch's shapes. They are drawn from `seed` when first used, unless loaded.
 * @throws RangeError where the options make no sense
 */
export class ViT extends Module {
  readonly config: ViTConfig
  readonly patchEmbedding: PatchEmbedding
  readonly encoder: Encoder
  readonly preLogits?: PreLogits
  readonly head: Linear | MlpHead
  /** Every parameter by its timm name. */
  readonly parameters: ReadonlyMap<string, Parameter>

  constructor(options: Partial<ViTConfig> = {}, seed = 0) {
    super()
    const config = completeConfig(options)
    this.config = config
    this.patchEmbedding = new PatchEmbedding(config)
    this.encoder = new Encoder(config)
    if (config.head === 'mlp') this.head = new MlpHead(config)
    else {
      if (config.representationSize > 0) this.preLogits = new PreLogits(config)
      this.head = new Linear(config.representationSize || config.embedDim, config.numClasses, headInit(config))
    }
    this.nameLayers()
    this.parameters = new Map(this.namedParameters().map(([path, parameter]) => [timmName(path), parameter]))
    for (const [name, parameter] of this.parameters) Object.assign(parameter, { name, seed })
  }

  forward(pixels: Value): Value {
    const tokens = this.encoder.call(this.patchEmbedding.call(pixels)) // [batch, tokens, dim]
    const classToken = gather(tokens, 0, 1) // [batch, dim]
    return this.head.call(this.preLogits ? this.preLogits.call(classToken) : classToken)
  }

  /** Emits the whole model into an empty graph: input `pixel_values`, output `logits`. */
  build(graph: Graph, batch: number | string = 'batch'): Graph {
    const { inChannels, imageSize } = this.config
    const pixels = graph.input('pixel_values', 'float32', [batch, inChannels, imageSize, imageSize])
    graph.output('logits', this.forward(pixels))
    return graph
  }

  /** The parameters' values by timm name: the model's own memory, not a copy. */
  stateDict(): StateDict {
    return new Map([...this.parameters].map(([name, { shape, data }]) => [name, { dtype: 'float32', shape, data }]))
  }

  /**
   * Takes over values by timm name, without a copy. Parameters that `state` lacks keep theirs.
   * @throws where a tensor has another shape than its parameter, or no parameter has its name
   */
  loadStateDict(state: StateDict) {
    for (const [name, { dtype, shape, data }] of state) {
      const parameter = this.parameters.get(name)
      if (!parameter) throw new Error(`the model has no parameter ${name}`)
      if (dtype !== 'float32' || shape.join() !== parameter.shape.join())
        throw new Error(`${name} is ${dtype}[${shape}], but the model needs float32[${parameter.shape}]`)
      parameter.data = data as Float32Array
    }
  }

  /** The number of learned values. */
  get parameterCount(): number {
    return [...this.parameters.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  }
}

function timmName(path: string): string {
  const rename = timmNames.find(([ours]) => path === ours || path.startsWith(`${ours}.`))
  return rename ? rename[1] + path.slice(rename[0].length) : path
}
