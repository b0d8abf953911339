import type { ViTConfig } from '../../nn/index.js'
import type { Part } from '../part.js'
import { numberOf } from './layer-traits.js'
import type { Roles } from './roles.js'

/** The learned tokens before the patches, in their order. Files may keep several in one constant. */
export const prefixParts = ({ classToken, distillationToken, registerTokens }: Roles): Part[] =>
  [classToken, distillationToken, registerTokens].filter((part) => part !== undefined)

/** How many tokens stand before the patches. */
export const prefixOf = (roles: Roles): number =>
  prefixParts(roles).reduce((sum, part) => sum + (numberOf(part, 'count') ?? 1), 0)

/**
 * What these tokens are, by what becomes of them: the first is the class token where it is pooled or stands alone, the
 * second the distillation token where it has a head, and the others are registers.
 */
export function prefixTokens(roles: Roles): Pick<ViTConfig, 'classToken' | 'distillation' | 'regTokens'> {
  const count = prefixOf(roles)
  const isPooled = /token/.test(String(roles.pooling?.details.form ?? 'token'))
  const classToken = count > 0 && (isPooled || roles.classToken !== undefined)
  const distillation = classToken && count > 1 && roles.distillationHead !== undefined
  return { classToken, distillation, regTokens: count - Number(classToken) - Number(distillation) }
}
