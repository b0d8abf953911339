import type { StateDict, ViTConfig } from '../../nn/index.js'
import { elementCount, type Tensor } from '../../onnx/index.js'

/** What a library always has, added to a model without it such that the outputs stay what they are. */

const filled = (shape: readonly number[], value: number): Tensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(elementCount(shape)).fill(value),
})

export const zeros = (shape: readonly number[]): Tensor => filled(shape, 0)

/** Query, key and value with a bias: of zeros where they have none. */
export function withQkvBias(tensors: StateDict): StateDict {
  const added = [...tensors].flatMap(([name, { shape }]): [string, Tensor][] => {
    const bias = name.replace(/(attn\.qkv\.)weight$/, '$1bias')
    return tensors.has(bias) ? [] : [[bias, zeros([shape[0]!])]]
  })
  return new Map([...tensors, ...added])
}

/** LayerScale in every layer: of ones where there is none. */
export function withLayerScale(tensors: StateDict): StateDict {
  const added = [...tensors].flatMap(([name, { shape }]): [string, Tensor][] => {
    const [, layer, norm] = /^(blocks\.\d+)\.norm([12])\.weight$/.exec(name) ?? []
    const scale = `${layer}.ls${norm}.gamma`
    return layer === undefined || tensors.has(scale) ? [] : [[scale, filled(shape, 1)]]
  })
  return new Map([...tensors, ...added])
}

/** A head on both the class token and the mean of the patches, with zero weights for the one that the model ignores. */
export function withClassTokenHead(tensors: StateDict, { pooling, embedDim }: ViTConfig): StateDict {
  const head = tensors.get('head.weight')
  if (!head || pooling === 'token+avg') return tensors
  const [classes = 0] = head.shape
  const wide = zeros([classes, 2 * embedDim])
  const first = pooling === 'token' ? 0 : embedDim
  for (let i = 0; i < classes; i++)
    wide.data.set(head.data.subarray(i * embedDim, (i + 1) * embedDim) as never, i * 2 * embedDim + first)
  return new Map(tensors).set('head.weight', wide)
}
