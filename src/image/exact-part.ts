import { Fields, isLength, isObject, parseChannels } from './fields.js'
import { type PreprocessorConfig, type Resize, tidy } from './preprocessor-config.js'

/** What `preprocessor_config.json` has no words for, kept in a field of its own. */
type ExactPart = Partial<Pick<PreprocessorConfig, 'resize' | 'resizer' | 'align' | 'fill' | 'channelOrder'>>

const black = (config: PreprocessorConfig) => config.mean.map(() => 0)

/** The fields in which `config` differs from what the rest of the file would be read as. */
export function exactPart(config: PreprocessorConfig, read: PreprocessorConfig): ExactPart | undefined {
  const complete = (c: PreprocessorConfig) => ({
    resize: c.resize,
    resizer: c.resizer ?? 'pillow',
    align: c.align ?? 'centre',
    fill: c.fill ?? black(c),
    channelOrder: c.channelOrder ?? 'rgb',
  })
  const others = complete(tidy(read))
  const differing = Object.entries(complete(tidy(config))).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(others[name as keyof typeof others]),
  )
  return differing.length > 0 ? (Object.fromEntries(differing) as ExactPart) : undefined
}

/** Reads what exactPart gave. @throws UserError where it was changed to what is not known */
export function parseExactPart(json: unknown, fileName: string): ExactPart {
  if (json === undefined || json === null) return {}
  const fields = new Fields(json, `${fileName}: "vitrine"`)
  const resize = fields.has('resize') && fields.get('resize', parseResize, 'a way of resizing that Vitrine wrote')
  const fill = fields.has('fill') && fields.get('fill', parseChannels, 'one number a channel')
  return {
    ...(resize && { resize }),
    ...(fill && { fill }),
    ...(fields.has('resizer') && { resizer: fields.choice('resizer', ['pillow', 'torch', 'tensorflow'], 'pillow') }),
    ...(fields.has('align') && {
      align: fields.choice('align', ['centre', 'centreFloor', 'corner', 'none'], 'centre'),
    }),
    ...(fields.has('channelOrder') && { channelOrder: fields.choice('channelOrder', ['rgb', 'bgr'], 'rgb') }),
  }
}

function parseResize(value: unknown): Resize | undefined {
  if (!isObject(value)) return undefined
  const { shortestEdge, height, width, fit, rounding } = value
  if (isLength(shortestEdge)) return { shortestEdge }
  if (!isLength(height) || !isLength(width)) return undefined
  if (fit === undefined) return { height, width }
  if (fit === 'none') return { height, width, fit }
  const known = (fit === 'inside' || fit === 'cover') && (rounding === 'round' || rounding === 'floor')
  return known ? { fit, height, width, rounding } : undefined
}
