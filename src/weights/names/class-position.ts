import { UserError } from '../../errors.js'
import type { Tensor } from '../../onnx/tensor.js'

/**
 * DINOv2 gives the class token a position embedding and its registers none, which timm has no model for. Added to the
 * token itself, the embedding does the same: `pos_embed` is left with the patches alone. As timm converts them.
 */
export function foldClassPosition(tensors: Map<string, Tensor>, file: string): string[] {
  const token = tensors.get('cls_token')
  const positions = tensors.get('pos_embed')
  if (!token || !positions) return []
  const [, rows = 0, dim = 0] = positions.shape
  if (`${token.shape}` !== `1,1,${dim}` || `${positions.shape}` !== `1,${rows},${dim}` || rows === 0)
    throw new UserError(
      `${file} has a class token of shape [${token.shape}] and position embeddings of shape [${positions.shape}], which do not fit together: choose another file`,
    )
  const sum = (token.data as Float32Array).map((value, i) => value + Number(positions.data[i]))
  tensors.set('cls_token', { ...token, data: sum })
  tensors.set('pos_embed', { ...positions, shape: [1, rows - 1, dim], data: positions.data.subarray(dim) })
  return ["added the class token's position embedding to the class token, since the registers have none"]
}

/**
 * Position embeddings for a library in which every one of `tokens` tokens before the patches has one: where `pos_embed`
 * has the patches alone, the others get zeros.
 * @returns undefined where it has other rows than those of the tokens and a square of patches
 */
export function withTokenPositions(positions: Tensor, tokens: number): Tensor | undefined {
  const [, rows = 0, dim = 0] = positions.shape
  const isSquare = (count: number) => Number.isInteger(Math.sqrt(count))
  if (isSquare(rows - tokens)) return positions
  if (!isSquare(rows)) return undefined
  const data = new Float32Array((rows + tokens) * dim)
  data.set(positions.data as Float32Array, tokens * dim)
  return { dtype: 'float32', shape: [1, rows + tokens, dim], data }
}
