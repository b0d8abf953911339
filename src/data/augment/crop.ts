import type { Crop } from '../../image/index.js'
import type { Random } from '../../random.js'

export interface CropOptions {
  /** The smallest and largest share of the picture's area that a crop covers. */
  scale?: [number, number]
  /** The smallest and largest quotient of width and height. */
  ratio?: [number, number]
}

/**
 * Draws the part of a picture that torchvision's RandomResizedCrop would take (Szegedy et al., "Going Deeper with
 * Convolutions", 2014): the area is uniform in `scale`, the aspect log-uniform in `ratio`. After ten crops that do not fit
 * it is the largest central part whose aspect lies in `ratio`.
 */
export function randomResizedCrop(
  random: Random,
  height: number,
  width: number,
  { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] }: CropOptions = {},
): Crop {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * random.uniform(...scale)
    const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
    const size = { height: Math.round(Math.sqrt(area / aspect)), width: Math.round(Math.sqrt(area * aspect)) }
    if (size.height > 0 && size.height <= height && size.width > 0 && size.width <= width) {
      return { top: random.integer(height - size.height + 1), left: random.integer(width - size.width + 1), ...size }
    }
  }
  return centralCrop(height, width, ratio)
}

/** Whether to mirror a picture: every second one, unless another chance is given. */
export function randomFlip(random: Random, chance = 0.5): boolean {
  return random.uniform() < chance
}

function centralCrop(height: number, width: number, [narrowest, widest]: [number, number]): Crop {
  const cropHeight = Math.min(height, Math.round(width / narrowest))
  const cropWidth = Math.min(width, Math.round(height * widest))
  return {
    top: Math.floor((height - cropHeight) / 2),
    left: Math.floor((width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  }
}
