import type { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { add, concat, gather, mul, reduceMean, slice } from '../onnx/ops/index.js'
import { AttentionPooling } from './attention-pooling.js'
import { completeConfig, type ViTConfig } from './config.js'
import { Encoder } from './encoder.js'
import { headInit, MlpHead, PreLogits, pooledFeatures } from './heads.js'
import { LayerNorm } from './layers.js'
import { Linear } from './linear.js'
import { Module, type Parameter, type StateDict } from './module.js'
import { PatchEmbedding, prefixCount } from './patch-embedding.js'

/** Where timm's names for parameters differ from the path of the layers: any part of the path. */
const timmNames: readonly (readonly [string, string])[] = [
  ['patchEmbedding.projection', 'patch_embed.proj'],
  ['patchEmbedding.classToken', 'cls_token'],
  ['patchEmbedding.distillationToken', 'dist_token'],
  ['patchEmbedding.registerTokens', 'reg_token'],
  ['patchEmbedding.positionEmbedding', 'pos_embed'],
  ['patchEmbedding.norm', 'norm_pre'],
  ['encoder.layers', 'blocks'],
  ['attn.qNorm', 'attn.q_norm'],
  ['attn.kNorm', 'attn.k_norm'],
  ['encoder.norm', 'norm'],
  ['attentionPooling', 'attn_pool'],
  ['fcNorm', 'fc_norm'],
  ['preLogits', 'pre_logits'],
  ['distillationHead', 'head_dist'],
]

/**
 * The Vision Transformer (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020, https://arxiv.org/abs/2010.11929)
 * and its family: pixels [batch, channels, height, width] to logits [batch, classes], or to the pooled features
 * [batch, dim] where the model has no classes.
 *
 * Parameters have timm's names and PyTorch's shapes. They are drawn from `seed` when first used, unless loaded.
 * @throws RangeError where the options make no sense
 */
export class ViT extends Module {
  readonly config: ViTConfig
  readonly patchEmbedding: PatchEmbedding
  readonly encoder: Encoder
  readonly attentionPooling?: AttentionPooling
  readonly fcNorm?: LayerNorm
  readonly preLogits?: PreLogits
  readonly head?: Linear | MlpHead
  readonly distillationHead?: Linear
  private byName: ReadonlyMap<string, Parameter> = new Map()

  constructor(
    options: Partial<ViTConfig> = {},
    private readonly seed = 0,
  ) {
    super()
    const config = completeConfig(options)
    const { embedDim, numClasses, pooling, representationSize } = config
    this.config = config
    this.patchEmbedding = new PatchEmbedding(config)
    this.encoder = new Encoder(config)
    if (pooling === 'map') this.attentionPooling = new AttentionPooling(config)
    if (config.fcNorm) this.fcNorm = new LayerNorm(pooledFeatures(config), config.layerNormEps)
    if (representationSize > 0) this.preLogits = new PreLogits(config)
    if (numClasses > 0) {
      const linear = (features: number) => new Linear(features, numClasses, headInit(config))
      this.head = config.head === 'mlp' ? new MlpHead(config) : linear(representationSize || pooledFeatures(config))
      if (config.distillation) this.distillationHead = linear(embedDim)
    }
    this.nameParameters()
  }

  /** Every parameter by its timm name. */
  get parameters(): ReadonlyMap<string, Parameter> {
    return this.byName
  }

  /** Gives every layer and parameter its name: to be called again where layers were added or taken away. */
  nameParameters() {
    this.nameLayers()
    this.byName = new Map(this.namedParameters().map(([path, parameter]) => [timmName(path), parameter]))
    for (const [name, parameter] of this.parameters) Object.assign(parameter, { name, seed: this.seed })
  }

  forward(pixels: Value): Value {
    const { own, distilled } = this.answers(pixels)
    return distilled ? meanOf(own, distilled) : own
  }

  /** What the head says, and the distillation head where there is one. */
  private answers(pixels: Value): { own: Value; distilled?: Value } {
    const tokens = this.encoder.call(this.patchEmbedding.call(pixels)) // [batch, tokens, dim]
    let features = this.pool(tokens)
    if (this.fcNorm) features = this.fcNorm.call(features)
    if (this.preLogits) features = this.preLogits.call(features)
    const own = this.head ? this.head.call(features) : features
    if (!this.config.distillation) return { own }
    const distillationToken = gather(tokens, 1, 1)
    return { own, distilled: this.distillationHead?.call(distillationToken) ?? distillationToken }
  }

  /** One vector a picture out of the tokens: [batch, tokens, dim] to [batch, dim], or twice dim for `token+avg`. */
  private pool(tokens: Value): Value {
    const prefix = prefixCount(this.config)
    const classToken = () => gather(tokens, 0, 1)
    const patches = () => (prefix === 0 ? tokens : slice(tokens, [prefix], [Number(tokens.shape[1])], [1]))
    const meanOfPatches = () => reduceMean(patches(), [1], false)
    switch (this.config.pooling) {
      case 'token':
        return classToken()
      case 'avg':
        return meanOfPatches()
      case 'token+avg':
        return concat([classToken(), meanOfPatches()], 1)
      case 'map':
        return this.attentionPooling!.call(patches())
    }
  }

  /**
   * Emits the whole model into an empty graph: input `pixel_values`, output `logits`, or `features` where it has no head.
   * A training graph of a model with distillation also gives what each head says: `class_logits` learns from the labels
   * and `distillation_logits` from a teacher.
   */
  build(graph: Graph, batch: number | string = 'batch'): Graph {
    const { inChannels, imageSize } = this.config
    const pixels = graph.input('pixel_values', 'float32', [batch, inChannels, imageSize, imageSize])
    const { own, distilled } = this.answers(pixels)
    graph.output(this.head ? 'logits' : 'features', distilled ? meanOf(own, distilled) : own)
    if (graph.training && this.head && distilled) {
      graph.output('class_logits', own)
      graph.output('distillation_logits', distilled)
    }
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

/** Both answers count the same (Touvron et al., 2020, section 4). */
const meanOf = (own: Value, distilled: Value): Value => mul(add(own, distilled), 0.5)

function timmName(path: string): string {
  const padded = timmNames.reduce((name, [ours, timm]) => name.replace(`.${ours}.`, `.${timm}.`), `.${path}.`)
  return padded.slice(1, -1)
}
