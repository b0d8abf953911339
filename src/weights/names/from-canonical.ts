import { UserError } from '../../errors.js'
import type { Tensor } from '../../onnx/tensor.js'
import { withTokenPositions } from './class-position.js'
import { assemble, type Piece, slice } from './parts.js'
import { type Rule, RuleBook, rulesOf } from './rules.js'
import type { HuggingFaceType, NameTable } from './table.js'
import { tables } from './tables.js'

/** What weights can be written for: timm, torchvision, or a `model_type` of Hugging Face. */
export type Target = 'timm' | 'torchvision' | HuggingFaceType

/**
 * A ViT's float32 tensors under the names, and in the layout, of another library. Query, key and value are views.
 * @throws UserError where the library has no such model
 */
export function fromCanonical(tensors: ReadonlyMap<string, Tensor>, target: Target): Map<string, Tensor> {
  if (target === 'timm') return new Map(tensors)
  const table = tables.find(({ source, modelType }) => target === (modelType ?? source))!
  const gated = isSwiGlu(tensors)
  if (gated && !table.swiglu) throw noPlace(target, 'a SwiGLU')
  const first = gated ? table.swiglu! : []
  const inside = new RuleBook(rulesOf([...first, ...table.rows]), 'ours')
  const outside = new RuleBook(rulesOf(table.outside ?? []), 'ours')
  const pieces: Piece[] = []
  for (const [name, tensor] of adapt(tensors, table, target)) {
    const rules = inside.find(name)
    const prefix = rules.length > 0 ? table.prefix : ''
    const origin = { file: 'the model', name }
    const written = firstNames(rules.length > 0 ? rules : outside.find(name))
    // A bias of zeros says nothing: a library without that bias computes the same.
    if (written.length === 0 && !(name.endsWith('.bias') && isZero(tensor))) throw noPlace(target, name)
    for (const { ours, theirs, layout } of written) {
      const part = slice(tensor, ours, origin)
      const converted = layout ? layout.write!(part) : part
      pieces.push({ part: { ...theirs, name: prefix + theirs.name }, tensor: converted, origin })
    }
  }
  return assemble(pieces).tensors
}

/** Of the rules for a tensor, those of the first row: for the whole tensor, or for each of its parts. */
function firstNames(rules: readonly Rule[]): Rule[] {
  const alike = rules.filter(({ ours }) => ours.of === rules[0]!.ours.of)
  return alike.filter(({ ours }, i) => alike.findIndex((rule) => rule.ours.first === ours.first) === i)
}

/** The tensors with positions for every token, as all these libraries have them. */
function adapt(tensors: ReadonlyMap<string, Tensor>, table: NameTable, target: Target): Map<string, Tensor> {
  const tokens = ['cls_token', 'dist_token'].filter((name) => tensors.has(name)).length
  if (tokens !== table.tokens) throw noPlace(target, `${tokens} tokens before the patches, but for ${table.tokens}`)
  if (target === 'siglip_vision_model' && tensors.has('attn_pool.latent') && tensors.has('head.weight'))
    throw noPlace(target, 'a classifier on top of attention pooling')
  const result = new Map(tensors)
  const positions = tensors.get('pos_embed')
  if (positions) {
    const complete = withTokenPositions(positions, tokens)
    if (!complete) throw noPlace(target, `pos_embed with the shape [${positions.shape}]`)
    result.set('pos_embed', complete)
  }
  return result
}

/** In a SwiGLU, half of the hidden features gate the other half, so that the second layer sees half as many. */
function isSwiGlu(tensors: ReadonlyMap<string, Tensor>): boolean {
  const [out, into] = ['fc1', 'fc2'].map((name) => tensors.get(`blocks.0.mlp.${name}.weight`)?.shape)
  return out !== undefined && into !== undefined && out[0] === 2 * into[1]!
}

const isZero = ({ data }: Tensor) => (data as Float32Array).every((value) => value === 0)

function noPlace(target: Target, what: string): UserError {
  const library = { timm: 'timm', torchvision: 'torchvision' }[target as string] ?? `Hugging Face's ${target}`
  return new UserError(`${library} has no place for ${what}: write the model for timm instead`)
}
