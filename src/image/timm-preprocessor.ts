import { imagenet } from './colours.js'
import { Fields, isLength, parseChannels, parsePositiveChannels, positive } from './fields.js'
import { type Channels, type PreprocessorConfig, type Resize, type Size, tidy } from './preprocessor-config.js'

const resamples = ['bilinear', 'bicubic', 'lanczos'] as const

/**
 * Reads the preprocessing from timm's `config.json`: its `pretrained_cfg`, or the top level of older files. What is left
 * out is as `timm.data.resolve_data_config` has it; the size for tests (`test_input_size`) is not looked at, as there.
 * @throws UserError naming the file and the field where a field is malformed or asks for what is not supported
 */
export function parseTimmConfig(json: unknown, fileName: string): PreprocessorConfig {
  const outer = new Fields(json, fileName)
  const fields = new Fields(outer.values.pretrained_cfg ?? json, fileName)
  const size = 'three sizes such as [3, 224, 224], with 3 channels, or 1 for grey, since pictures have no others'
  const { channels, ...crop } = fields.get('input_size', parseInputSize, size, [3, 224, 224])
  const mean = fields.get('mean', parseChannels, 'one number a channel', imagenet.mean)
  const std = fields.get('std', parsePositiveChannels, 'one positive number a channel', imagenet.std)
  if (channels < mean.length) fields.fail('mean', 'one number, since "input_size" has one channel')
  if (channels < std.length) fields.fail('std', 'one number, since "input_size" has one channel')
  // 0 counts as left out, as in Python's `or`.
  const cropPct = fields.get('crop_pct', (value) => (value === 0 ? 0.875 : positive(value)), 'a positive number', 0.875)
  const mode = fields.choice('crop_mode', ['center', 'squash', 'border'], 'center')
  return tidy({
    resize: resizeOf(mode, { height: Math.floor(crop.height / cropPct), width: Math.floor(crop.width / cropPct) }),
    resample: fields.choice('interpolation', resamples, 'bicubic'),
    crop,
    ...(mode === 'border' && { fill: widen(mean, channels).map((value) => roundHalfEven(255 * value)) as Channels }),
    rescaleFactor: 1 / 255,
    mean: widen(mean, channels),
    std: widen(std, channels),
  })
}

/** `center` covers the size and loses margins, `border` shows all of the picture, `squash` gives up the aspect. */
function resizeOf(mode: 'center' | 'squash' | 'border', size: Size): Resize {
  if (mode === 'squash') return size
  if (mode === 'border') return { fit: 'inside', ...size, rounding: 'round' }
  return size.height === size.width ? { shortestEdge: size.height } : { fit: 'cover', ...size, rounding: 'round' }
}

function parseInputSize(value: unknown): (Size & { channels: 1 | 3 }) | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [channels, height, width] = value
  if (channels !== 1 && channels !== 3) return undefined
  return isLength(height) && isLength(width) ? { channels, height, width } : undefined
}

/** One value for all channels holds for each. */
function widen(values: Channels, channels: 1 | 3): Channels {
  const [first] = values
  return values.length < channels ? [first, first, first] : values
}

/** Python's round. */
function roundHalfEven(x: number): number {
  const rounded = Math.round(x)
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
