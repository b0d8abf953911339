import type { PreprocessorConfig } from './preprocessor-config.js'

/** The fields of timm's `pretrained_cfg` that say how pictures are prepared; parseTimmConfig tells what they come to. */
export function toTimmFields(config: PreprocessorConfig): Record<string, unknown> {
  const { resize, resample, crop, rescaleFactor, mean, std } = config
  const isSquashed = !('shortestEdge' in resize || 'fit' in resize)
  // timm brings bytes to 0…1 before it normalises them.
  const scale = rescaleFactor * 255
  const scaled = (values: readonly number[]) =>
    values.map((value) => (Math.abs(scale - 1) < 1e-9 ? value : value / scale))
  return {
    input_size: [mean.length, crop.height, crop.width],
    interpolation: resample,
    crop_pct: cropPct(crop.height, 'shortestEdge' in resize ? resize.shortestEdge : resize.height),
    crop_mode: isSquashed ? 'squash' : 'fit' in resize && resize.fit === 'inside' ? 'border' : 'center',
    mean: scaled(mean),
    std: scaled(std),
  }
}

/** The shortest decimal fraction with which timm resizes to `edge` pixels before it cuts out `size`: ⌊size / fraction⌋. */
function cropPct(size: number, edge: number): number {
  for (let scale = 10; scale < 1e9; scale *= 10) {
    const count = Math.floor((size / edge) * scale + 1e-6)
    // Where the fraction is exact, the division may still come out a little too small.
    const fits = [count, count - 1].find((n) => Math.floor(size / (n / scale)) === edge)
    if (fits !== undefined) return fits / scale
  }
  return size / edge
}
