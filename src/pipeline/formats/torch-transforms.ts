import type { PreprocessorConfig } from '../../image/index.js'

/**
 * The preprocessing of Pillow pictures as Python calls of torchvision.transforms, or undefined where they have no word
 * for a part of it. The library's resizing is Pillow's own.
 */
export function torchTransforms(config: PreprocessorConfig): string[] | undefined {
  const { resize, resample, crop, align, channelOrder, rescaleFactor, mean, std } = config
  if ('fit' in resize || align === 'corner' || align === 'none' || channelOrder === 'bgr') return undefined
  const size = 'shortestEdge' in resize ? `${resize.shortestEdge}` : `(${resize.height}, ${resize.width})`
  // ToTensor brings bytes to 0…1.
  const scaled = (values: readonly number[]) => values.map((value) => value / (255 * rescaleFactor)).join(', ')
  return [
    `transforms.Resize(${size}, interpolation=transforms.InterpolationMode.${resample.toUpperCase()})`,
    `transforms.CenterCrop((${crop.height}, ${crop.width}))`,
    'transforms.ToTensor()',
    `transforms.Normalize([${scaled(mean)}], [${scaled(std)}])`,
  ]
}
