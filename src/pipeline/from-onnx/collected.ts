import type { Part } from '../../inspect/index.js'
import type { StateDict, ViTConfig } from '../../nn/index.js'
import { elementCount } from '../../onnx/index.js'
import type { Numbers } from './constants.js'
import { type LinearWeights, widen } from './linear-weights.js'

/** Tensors by timm name, as they are found. */
export class Collected {
  readonly state: StateDict = new Map()

  constructor(
    readonly config: ViTConfig,
    readonly numbers: Numbers,
  ) {}

  put(name: string, shape: readonly number[], data: Float32Array): void {
    if (data.length !== elementCount(shape))
      throw new Error(
        `${name} has ${data.length} numbers in the file, and a ViT of its config has [${shape.join(', ')}]`,
      )
    this.state.set(name, { dtype: 'float32', shape, data })
  }

  /** Weight and bias of a product; a bias that the file lacks is zeros where nn/ has one. */
  linear(name: string, { weight, bias, inFeatures, outFeatures }: LinearWeights, hasBias = true): void {
    this.put(`${name}.weight`, [outFeatures, inFeatures], weight)
    if (hasBias) this.put(`${name}.bias`, [outFeatures], bias ?? new Float32Array(outFeatures))
  }

  /** Weight and bias of a LayerNorm; what the file lacks is as the plain normalization has it. */
  norm(name: string, part: Part | undefined, features = this.config.embedDim): void {
    const values = (role: string, fallback: number) => {
      const value = part?.weights[role]
      return value ? widen(this.numbers(value), features) : new Float32Array(features).fill(fallback)
    }
    this.put(`${name}.weight`, [features], values('weight', 1))
    this.put(`${name}.bias`, [features], values('bias', 0))
  }
}
