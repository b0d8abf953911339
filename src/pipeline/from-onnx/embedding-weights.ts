import type { Part } from '../../inspect/index.js'
import { prefixParts } from '../../inspect/understand/prefix-tokens.js'
import type { Roles } from '../../inspect/understand/roles.js'
import { patchCount, prefixCount } from '../../nn/index.js'
import { concatFloats, type Value } from '../../onnx/index.js'
import type { Collected } from './collected.js'
import { linearWeights } from './linear-weights.js'

/** What makes tokens of pixels: the patches' weights, the learned tokens, and the positions. */
export function embeddingTensors(roles: Roles, into: Collected): void {
  const { config } = into
  const bias = patchTensors(roles.patchEmbedding!, into)
  tokenTensors(roles, into)
  positionTensors(roles.positionEmbedding, bias, into)
  if (config.preNorm) into.norm('norm_pre', roles.normPre)
}

/** The tokens before the patches, which a file may keep in one constant, and repeated for each of its pictures. */
function tokenTensors(roles: Roles, into: Collected) {
  const { config, numbers } = into
  const { embedDim } = config
  const tokens = prefixParts(roles).flatMap((part) => {
    const values = numbers(part.weights.token!)
    const count = Number(part.details.count ?? 1)
    return Array.from({ length: count }, (_, i) => values.subarray(i * embedDim, (i + 1) * embedDim))
  })
  const wanted = {
    cls_token: Number(config.classToken),
    dist_token: Number(config.distillation),
    reg_token: config.regTokens,
  }
  let first = 0
  for (const [name, count] of Object.entries(wanted)) {
    if (count > 0) into.put(name, [1, count, embedDim], concatFloats(tokens.slice(first, first + count)))
    first += count
  }
}

/** @returns the bias where nn/'s projection has none, as in CLIP */
function patchTensors(part: Part, into: Collected): Float32Array | undefined {
  const { embedDim, inChannels, patchSize, preNorm } = into.config
  const { weight, bias } = part.details.form === 'Conv' ? convolution(part, into) : product(part, into)
  into.put('patch_embed.proj.weight', [embedDim, inChannels, patchSize, patchSize], weight)
  if (preNorm) return bias
  into.put('patch_embed.proj.bias', [embedDim], bias ?? new Float32Array(embedDim))
  return undefined
}

const convolution = ({ weights: { weight, bias } }: Part, { numbers }: Collected) => ({
  weight: numbers(weight!),
  bias: bias && numbers(bias),
})

/** The convolution that is a product with patches whose pixels lie in some order, such as (row, column, channel). */
function product(part: Part, { config, numbers }: Collected) {
  const { inChannels, patchSize } = config
  const linear = linearWeights(part.parts.find(({ kind }) => kind === 'linear')!, numbers)
  const sizes = { channel: inChannels, row: patchSize, column: patchSize }
  const strides = { channel: 0, row: 0, column: 0 }
  let stride = 1
  for (const axis of pixelOrder(part).toReversed()) {
    strides[axis] = stride
    stride *= sizes[axis]
  }
  const weight = new Float32Array(linear.weight.length)
  let i = 0
  for (let out = 0; out < linear.outFeatures; out++)
    for (let channel = 0; channel < inChannels; channel++)
      for (let row = 0; row < patchSize; row++)
        for (let column = 0; column < patchSize; column++)
          weight[i++] =
            linear.weight[out * stride + channel * strides.channel + row * strides.row + column * strides.column]!
  return { weight, bias: linear.bias }
}

const axesOfPatches: Readonly<Record<number, 'channel' | 'row' | 'column'>> = { 1: 'channel', 3: 'row', 5: 'column' }

/** How a patch's pixels follow each other, by the transposition of [batch, channel, rows, row, columns, column]. */
function pixelOrder({ nodes }: Part) {
  const transpose = nodes.find((node) => node.op === 'Transpose' && node.ints('perm', []).length === 6)
  const axes = transpose?.ints('perm', []).flatMap((axis) => axesOfPatches[axis] ?? [])
  if (axes?.length !== 3) throw new Error('the order of the pixels in its patches was not recognised')
  return axes
}

/** What is added to the tokens: a table of the file, or what the graph makes of one or several for its pictures. */
export function positionsOf({ positionEmbedding: part }: Pick<Roles, 'positionEmbedding'>): Value[] {
  if (!part) return []
  const sum = part.nodes.findLast(({ op }) => op === 'Add')
  const added = sum?.inputs.find((input) => input !== part.inputs[0])
  return [added ?? part.weights.embedding!]
}

/**
 * Positions as nn/ has them: for the patches alone or for all tokens. One of the class token in front of registers, which
 * have none, is added to the token itself; a bias of the patches that has no other place, to the patches' positions.
 */
function positionTensors(part: Part | undefined, patchBias: Float32Array | undefined, into: Collected) {
  const { config } = into
  const { embedDim, noEmbedClass } = config
  const patches = patchCount(config)
  const rows = noEmbedClass ? patches : patches + prefixCount(config)
  const [value] = positionsOf({ positionEmbedding: part })
  let positions = value ? into.numbers(value) : new Float32Array(rows * embedDim)
  if (noEmbedClass && config.classToken && positions.length === (patches + 1) * embedDim) {
    const { shape, data } = into.state.get('cls_token')!
    const token = (data as Float32Array).map((value, i) => value + positions[i]!)
    into.put('cls_token', shape, token)
    positions = positions.subarray(embedDim)
  }
  if (patchBias) {
    positions = positions.slice()
    for (let i = (rows - patches) * embedDim; i < positions.length; i++) positions[i]! += patchBias[i % embedDim]!
  }
  into.put('pos_embed', [1, rows, embedDim], positions.subarray(0, rows * embedDim))
}
