import { UserError } from '../errors.js'

/** How a picture becomes a model's input: resize, crop the centre, rescale, normalise each of the channels R, G and B. */
export interface PreprocessorConfig {
  /** The target of the resizing: of the short side, with the aspect kept, or of both sides. */
  resize: { shortestEdge: number } | Size
  /** The filter of the resizing, as Pillow defines it. */
  resample: Resample
  /** The size of the model's input. No larger than what the resizing gives. */
  crop: Size
  /** Bytes are multiplied by it before they are normalised. */
  rescaleFactor: number
  mean: Channels
  std: Channels
}

export interface Size {
  height: number
  width: number
}

export type Resample = 'bicubic' | 'bilinear'
type Channels = [red: number, green: number, blue: number]

/** The evaluation preprocessing of timm's ViTs for square inputs: the short side to size / 0.9, bicubic, to [-1, 1]. */
export function defaultPreprocessor(imageSize: number): PreprocessorConfig {
  return {
    resize: { shortestEdge: Math.floor(imageSize / 0.9) },
    resample: 'bicubic',
    crop: { height: imageSize, width: imageSize },
    rescaleFactor: 1 / 255,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  }
}

/**
 * Reads Hugging Face's `preprocessor_config.json`.
 * @throws UserError naming the file and the field where a field is missing, malformed or asks for what is not supported
 */
export function parsePreprocessorConfig(json: unknown, fileName: string): PreprocessorConfig {
  const fields = new Fields(json, fileName)
  fields.require('do_resize', fields.flag('do_resize'), 'true, since a model takes pictures of one size only')
  // Its processor has other defaults than those of ViT and DeiT.
  const isClip = /clip/i.test(String(fields.values.image_processor_type ?? fields.values.feature_extractor_type))
  const resize = fields.get(
    'size',
    (value) => parseResize(value, isClip),
    'a size such as {"height": 224, "width": 224}',
  )
  const crop = fields.flag('do_center_crop', false)
    ? fields.get('crop_size', parseSize, 'a size such as {"height": 224, "width": 224}')
    : resize
  if ('shortestEdge' in crop) return fields.fail('do_center_crop', 'true, or "size" a height and a width')
  const normalise = fields.flag('do_normalize')
  return checkCrop(fields, 'crop_size', {
    resize,
    resample: fields.get('resample', parseResample, '2 (bilinear) or 3 (bicubic)', isClip ? 3 : 2),
    crop,
    rescaleFactor: fields.flag('do_rescale') ? fields.get('rescale_factor', positive, 'a positive number', 1 / 255) : 1,
    mean: normalise ? fields.get('image_mean', threeNumbers, 'three numbers') : [0, 0, 0],
    std: normalise ? fields.get('image_std', threePositives, 'three positive numbers') : [1, 1, 1],
  })
}

/**
 * Reads the preprocessing from timm's `config.json`: its `pretrained_cfg`, or the top level of older files.
 * @throws UserError naming the file and the field where a field is malformed or asks for what is not supported
 */
export function parseTimmConfig(json: unknown, fileName: string): PreprocessorConfig {
  const outer = new Fields(json, fileName)
  const fields = new Fields(outer.values.pretrained_cfg ?? json, fileName)
  fields.get('crop_mode', (mode) => (mode === 'center' ? mode : undefined), '"center"', 'center')
  const size = fields.get('input_size', squareInput, 'three sizes such as [3, 224, 224]')
  const cropPct = fields.get('crop_pct', positive, 'a positive number', 0.875)
  return checkCrop(fields, 'crop_pct', {
    resize: { shortestEdge: Math.floor(size / cropPct) },
    resample: fields.get('interpolation', parseInterpolation, '"bicubic" or "bilinear"', 'bicubic'),
    crop: { height: size, width: size },
    rescaleFactor: 1 / 255,
    mean: fields.get('mean', threeNumbers, 'three numbers', [0.485, 0.456, 0.406]),
    std: fields.get('std', threePositives, 'three positive numbers', [0.229, 0.224, 0.225]),
  })
}

/**
 * The content of a `preprocessor_config.json`, under the name of a processor that transformers and transformers.js both
 * have and that takes these very steps.
 */
export function toPreprocessorJson(config: PreprocessorConfig): Record<string, unknown> {
  const { resize, crop } = config
  const keepsAspect = 'shortestEdge' in resize
  const crops = keepsAspect || resize.height !== crop.height || resize.width !== crop.width
  return {
    image_processor_type: keepsAspect ? 'CLIPImageProcessor' : crops ? 'DeiTImageProcessor' : 'ViTImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: keepsAspect ? { shortest_edge: resize.shortestEdge } : { height: resize.height, width: resize.width },
    resample: config.resample === 'bicubic' ? 3 : 2,
    ...(crops && { do_center_crop: true, crop_size: { height: crop.height, width: crop.width } }),
    do_rescale: true,
    rescale_factor: config.rescaleFactor,
    do_normalize: true,
    image_mean: config.mean,
    image_std: config.std,
  }
}

function checkCrop(fields: Fields, name: string, config: PreprocessorConfig): PreprocessorConfig {
  const { resize, crop } = config
  const { height, width } = 'shortestEdge' in resize ? squareOf(resize.shortestEdge) : resize
  const fits = crop.height <= height && crop.width <= width
  fields.require(name, fits, `such that ${crop.height}×${crop.width} can be cut out of the resized ${height}×${width}`)
  return config
}

/** The fields of a JSON object, each checked as it is read. */
class Fields {
  readonly values: Record<string, unknown>

  constructor(
    json: unknown,
    private fileName: string,
  ) {
    if (!isObject(json)) throw new UserError(`${fileName} must hold a JSON object with the preprocessing of a model`)
    this.values = json
  }

  /** The parsed value of a field. `parse` gives undefined for what it does not take. */
  get<T>(name: string, parse: (value: unknown) => T | undefined, wanted: string, fallback?: unknown): T {
    const parsed = parse(this.values[name] ?? fallback)
    return parsed === undefined ? this.fail(name, wanted) : parsed
  }

  flag(name: string, fallback = true): boolean {
    return this.get(name, (value) => (typeof value === 'boolean' ? value : undefined), 'true or false', fallback)
  }

  require(name: string, holds: boolean, wanted: string) {
    if (!holds) this.fail(name, wanted)
  }

  fail(name: string, wanted: string): never {
    const value = this.values[name]
    const found = value === undefined ? 'it is missing' : `not ${JSON.stringify(value)}`
    throw new UserError(`${this.fileName}: "${name}" must be ${wanted}, ${found}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function squareOf(size: number): Size {
  return { height: size, width: size }
}

function parseSize(value: unknown): Size | undefined {
  if (isLength(value)) return squareOf(value)
  if (!isObject(value) || !isLength(value.height) || !isLength(value.width)) return undefined
  return { height: value.height, width: value.width }
}

function parseResize(value: unknown, numberIsShortestEdge: boolean): PreprocessorConfig['resize'] | undefined {
  const shortestEdge = isObject(value) ? value.shortest_edge : numberIsShortestEdge ? value : undefined
  return isLength(shortestEdge) ? { shortestEdge } : parseSize(value)
}

function parseResample(value: unknown): Resample | undefined {
  return value === 2 ? 'bilinear' : value === 3 ? 'bicubic' : undefined
}

function parseInterpolation(value: unknown): Resample | undefined {
  return value === 'bilinear' || value === 'bicubic' ? value : undefined
}

function squareInput(value: unknown): number | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [channels, height, width] = value
  return channels === 3 && height === width && isLength(height) ? height : undefined
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined
}

function threeNumbers(value: unknown): Channels | undefined {
  if (!Array.isArray(value) || value.length !== 3 || !value.every(Number.isFinite)) return undefined
  return [value[0], value[1], value[2]]
}

function threePositives(value: unknown): Channels | undefined {
  const numbers = threeNumbers(value)
  return numbers?.every((number) => number > 0) ? numbers : undefined
}
