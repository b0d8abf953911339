import { type Colours, half, openAi } from './colours.js'

/** What a Hugging Face image processor takes for fields that its file leaves out. */
export interface ProcessorDefaults {
  size?: number | { height: number; width: number } | { shortest_edge: number }
  resample?: number
  do_center_crop: boolean
  crop_size?: number
  do_normalize: boolean
  colours?: Colours
  do_flip_channel_order: boolean
  /** Whether a bare number as size is that of the short side, and not of a square. */
  numberIsShortestEdge: boolean
  crop_pct?: number
}

const [bilinear, bicubic] = [2, 3]

/** A processor whose name is not known here: sizes and colours have to be given. */
const base: ProcessorDefaults = {
  do_center_crop: false,
  do_normalize: true,
  do_flip_channel_order: false,
  numberIsShortestEdge: false,
}
const shortSide = { size: { shortest_edge: 224 }, do_center_crop: true, crop_size: 224, numberIsShortestEdge: true }

/** The defaults of transformers 5.23, by the name before `ImageProcessor` or `FeatureExtractor`. */
const defaults: Record<string, ProcessorDefaults> = {
  ViT: { ...base, colours: half, size: 224, resample: bilinear },
  DeiT: { ...base, colours: half, size: 256, resample: bicubic, do_center_crop: true, crop_size: 224 },
  Beit: { ...base, colours: half, size: 224, resample: bicubic, crop_size: 224 },
  CLIP: { ...base, colours: openAi, ...shortSide, resample: bicubic },
  ChineseCLIP: { ...base, colours: openAi, ...shortSide, resample: bicubic },
  Bit: { ...base, colours: openAi, ...shortSide, resample: bicubic },
  Siglip: { ...base, colours: half, size: { height: 224, width: 224 }, resample: bicubic, numberIsShortestEdge: true },
  Blip: { ...base, colours: openAi, size: 384, resample: bicubic },
  ConvNext: {
    ...base,
    colours: half,
    size: { shortest_edge: 384 },
    resample: bicubic,
    numberIsShortestEdge: true,
    crop_pct: 224 / 256,
  },
  MobileViT: {
    ...base,
    ...shortSide,
    crop_size: 256,
    resample: bicubic,
    do_normalize: false,
    do_flip_channel_order: true,
  },
}

/** The defaults of the processor that a file names; ViT's where it names none. */
export function processorDefaults(type: unknown): ProcessorDefaults {
  if (type === undefined || type === null) return defaults.ViT!
  const name = String(type).replace(/(ImageProcessor(Fast|Pil)?|FeatureExtractor)$/, '')
  return Object.hasOwn(defaults, name) ? defaults[name]! : base
}
