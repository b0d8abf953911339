import { toPreprocessorJson } from './huggingface-preprocessor.js'
import type { PreprocessorConfig } from './preprocessor-config.js'
import { parseTimmConfig } from './timm-preprocessor.js'

/**
 * The fields of timm's `pretrained_cfg` that say how pictures are prepared.
 * @returns them, and whether timm then does exactly as `config` says
 */
export function toTimmFields(config: PreprocessorConfig): { fields: Record<string, unknown>; isExact: boolean } {
  const { resize, resample, crop, rescaleFactor, mean, std } = config
  const isSquashed = !('shortestEdge' in resize || 'fit' in resize)
  const fields = {
    input_size: [mean.length, crop.height, crop.width],
    interpolation: resample,
    crop_pct: cropPct(crop.height, 'shortestEdge' in resize ? resize.shortestEdge : resize.height),
    crop_mode: isSquashed ? 'squash' : 'fit' in resize && resize.fit === 'inside' ? 'border' : 'center',
    // timm brings bytes to 0…1 before it normalises them.
    mean: mean.map((value) => tidyQuotient(value, rescaleFactor * 255)),
    std: std.map((value) => tidyQuotient(value, rescaleFactor * 255)),
  }
  const read = parseTimmConfig({ pretrained_cfg: fields }, '')
  const complete = (c: PreprocessorConfig) => JSON.stringify({ ...toPreprocessorJson(c), ...colours })
  const colours = { rescale_factor: 0, image_mean: 0, image_std: 0 }
  return { fields, isExact: complete(read) === complete(config) }
}

/** The shortest decimal fraction with which timm resizes to `edge` pixels before it cuts out `size`: ⌊size / fraction⌋. */
function cropPct(size: number, edge: number): number {
  for (let scale = 10; scale < 1e9; scale *= 10) {
    const rounded = Math.floor((size / edge) * scale + 1e-6) / scale
    if (Math.floor(size / rounded) === edge) return rounded
  }
  return size / edge
}

const tidyQuotient = (value: number, divisor: number) => (Math.abs(divisor - 1) < 1e-9 ? value : value / divisor)
