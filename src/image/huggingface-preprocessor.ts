import { exactPart, parseExactPart } from './exact-part.js'
import { Fields, isLength, isObject, parseChannels, parsePositiveChannels, parseSize, positive } from './fields.js'
import { type ProcessorDefaults, processorDefaults } from './huggingface-processors.js'
import {
  type Channels,
  type PreprocessorConfig,
  type Resample,
  type Resize,
  type Size,
  tidy,
} from './preprocessor-config.js'

/** Hugging Face numbers the filters as Pillow does. */
const resamples: Resample[] = ['nearest', 'lanczos', 'bilinear', 'bicubic']
const sizeExample = 'a size such as {"height": 224, "width": 224}'

type Scaling = Pick<PreprocessorConfig, 'rescaleFactor' | 'mean' | 'std'>
type Geometry = Pick<PreprocessorConfig, 'resize' | 'crop' | 'align' | 'fill'>

/**
 * Reads Hugging Face's `preprocessor_config.json`. Fields that it lacks are those of the processor it names, as
 * transformers 5.23 has them, and pixels come out as there by default: resized by torchvision on bytes.
 * @throws UserError naming the file and the field where a field is missing, malformed or asks for what is not supported
 */
export function parsePreprocessorConfig(json: unknown, fileName: string): PreprocessorConfig {
  const fields = new Fields(json, fileName)
  const type = fields.values.image_processor_type ?? fields.values.feature_extractor_type
  const processor = processorDefaults(type)
  const colours = parseColours(fields, processor)
  return tidy({
    ...parseGeometry(fields, processor, colours),
    resample: fields.get(
      'resample',
      (value) => resamples[Number(value)],
      'a filter: 0 (nearest), 1 (Lanczos), 2 (bilinear) or 3 (bicubic)',
      processor.resample,
    ),
    resizer: 'torch',
    channelOrder: fields.flag('do_flip_channel_order', processor.do_flip_channel_order) ? 'bgr' : 'rgb',
    ...colours,
    ...parseExactPart(fields.values.vitrine, fileName),
  })
}

function parseColours(fields: Fields, processor: ProcessorDefaults): Scaling {
  const rescaleFactor = fields.flag('do_rescale', true)
    ? fields.get('rescale_factor', positive, 'a positive number', 1 / 255)
    : 1
  if (!fields.flag('do_normalize', processor.do_normalize)) return { rescaleFactor, mean: [0, 0, 0], std: [1, 1, 1] }
  const mean = fields.get(
    'image_mean',
    parseChannels,
    'three numbers, or one for grey pictures',
    processor.colours?.mean,
  )
  const std = fields.get(
    'image_std',
    parsePositiveChannels,
    'positive numbers, as many as image_mean has',
    processor.colours?.std,
  )
  if (mean.length !== std.length) fields.fail('image_std', `as long as "image_mean", which has ${mean.length}`)
  return { rescaleFactor, mean, std }
}

function parseGeometry(fields: Fields, processor: ProcessorDefaults, colours: Scaling): Geometry {
  const given = fields.get('size', (value) => parseResize(value, processor), sizeExample, processor.size)
  const resizes = fields.flag('do_resize', true)
  if (resizes && processor.crop_pct !== undefined && 'shortestEdge' in given)
    return convNext(given.shortestEdge, fields.get('crop_pct', positive, 'a positive number', processor.crop_pct))
  const crop = fields.flag('do_center_crop', processor.do_center_crop)
    ? fields.get('crop_size', parseSize, sizeExample, processor.crop_size)
    : undefined
  if (!resizes) {
    const size = crop ?? ('shortestEdge' in given ? fields.fail('size', sizeExample) : sizeOf(given))
    return { resize: { ...size, fit: 'none' }, crop: size, align: crop ? 'centreFloor' : 'none' }
  }
  if (crop) return { resize: given, crop, align: 'centreFloor' }
  if (fields.flag('do_pad', false) && fields.has('pad_size')) return padded(fields, given, colours)
  if ('shortestEdge' in given || 'fit' in given)
    return fields.fail('do_center_crop', 'true, or "size" a height and a width')
  return { resize: given, crop: given }
}

/** ConvNeXt's processor: below 384 pixels a margin is cut off, from there on the aspect is given up. */
function convNext(size: number, cropPct: number): Geometry {
  const crop = { height: size, width: size }
  if (size >= 384) return { resize: crop, crop }
  return { resize: { shortestEdge: Math.floor(size / cropPct) }, crop, align: 'centreFloor' }
}

/** Pictures in the upper left corner; what remains is zero after normalising, so it has the mean's colour. */
function padded(fields: Fields, resize: Resize, { mean, rescaleFactor }: Scaling): Geometry {
  const crop = fields.get('pad_size', parseSize, sizeExample)
  const fits = !('shortestEdge' in resize) && resize.height <= crop.height && resize.width <= crop.width
  if (!fits) fields.fail('pad_size', 'no smaller than what "size" gives')
  return { resize, crop, align: 'corner', fill: mean.map((value) => value / rescaleFactor) as Channels }
}

function parseResize(value: unknown, { numberIsShortestEdge }: ProcessorDefaults): Resize | undefined {
  if (numberIsShortestEdge && isLength(value)) return { shortestEdge: value }
  if (!isObject(value)) return parseSize(value)
  if (isLength(value.max_height) && isLength(value.max_width))
    return { fit: 'inside', height: value.max_height, width: value.max_width, rounding: 'floor' }
  if (isLength(value.shortest_edge) && value.longest_edge === undefined) return { shortestEdge: value.shortest_edge }
  return parseSize(value)
}

function sizeOf({ height, width }: Size): Size {
  return { height, width }
}

/**
 * The content of a `preprocessor_config.json`, under the name of a processor that transformers and transformers.js both
 * have and that takes these steps. Where the libraries differ in details that the format has no words for, the field
 * `vitrine`, which only Vitrine reads, says how it is exactly.
 */
export function toPreprocessorJson(config: PreprocessorConfig): Record<string, unknown> {
  const json = {
    ...geometryJson(config),
    do_convert_rgb: config.mean.length === 3,
    resample: resamples.indexOf(config.resample),
    do_rescale: true,
    rescale_factor: config.rescaleFactor,
    do_normalize: true,
    image_mean: config.mean,
    image_std: config.std,
  }
  const exact = exactPart(config, parsePreprocessorConfig(json, ''))
  return exact ? { ...json, vitrine: exact } : json
}

function geometryJson({ resize, crop, align }: PreprocessorConfig): Record<string, unknown> {
  const centreCrop = { do_center_crop: true, crop_size: sizeOf(crop) }
  if ('shortestEdge' in resize)
    return named('CLIP', { do_resize: true, size: { shortest_edge: resize.shortestEdge }, ...centreCrop })
  const size = sizeOf(resize)
  if ('fit' in resize && resize.fit === 'none')
    return align === 'none'
      ? named('ViT', { do_resize: false, size })
      : named('DeiT', { do_resize: false, size, ...centreCrop })
  if ('fit' in resize && resize.fit === 'cover')
    return named('CLIP', { do_resize: true, size: { shortest_edge: Math.min(size.height, size.width) }, ...centreCrop })
  if ('fit' in resize) {
    const { height, width } = size
    const limits = { max_height: Math.min(height, crop.height), max_width: Math.min(width, crop.width) }
    return named('ViT', { do_resize: true, size: limits, do_pad: true, pad_size: sizeOf(crop) })
  }
  const crops = resize.height !== crop.height || resize.width !== crop.width
  return named(crops ? 'DeiT' : 'ViT', { do_resize: true, size, ...(crops && centreCrop) })
}

function named(processor: string, fields: Record<string, unknown>): Record<string, unknown> {
  return { image_processor_type: `${processor}ImageProcessor`, ...fields }
}
