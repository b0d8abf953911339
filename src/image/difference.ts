import { exactPart } from './exact-part.js'
import type { PreprocessorConfig } from './preprocessor-config.js'

/**
 * How far two ways of preparing pictures are apart that have the same crop, filter and colours: in `rounding` alone,
 * which moves bytes by one or the picture by a pixel, or so that it may matter.
 */
export function preparationDifference(
  config: PreprocessorConfig,
  other: PreprocessorConfig,
): 'none' | 'rounding' | 'visible' {
  const differing = exactPart(config, other)
  if (!differing) return 'none'
  const onlyRounds = [config, other].every(({ resizer, align = 'centre' }) => {
    return resizer !== 'tensorflow' && (align === 'centre' || align === 'centreFloor')
  })
  const names = Object.keys(differing)
  return onlyRounds && names.every((name) => name === 'resizer' || name === 'align') ? 'rounding' : 'visible'
}
