import type { Channels } from './preprocessor-config.js'

/** Means and standard deviations of pictures' channels, of values from 0 to 1, that models were trained with. */
export interface Colours {
  mean: Channels
  std: Channels
}

/** To [-1, 1]. */
export const half: Colours = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }

/** ImageNet's. */
export const imagenet: Colours = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** Those of the pictures that OpenAI trained CLIP on. */
export const openAi: Colours = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
}
