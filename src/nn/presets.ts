import type { ViTConfig } from './config.js'

/** Width, depth and heads of the published sizes (Dosovitskiy et al., 2020; Touvron et al., 2020, for tiny and small). */
const sizes = {
  tiny: { embedDim: 192, depth: 12, numHeads: 3 },
  small: { embedDim: 384, depth: 12, numHeads: 6 },
  base: { embedDim: 768, depth: 12, numHeads: 12 },
  large: { embedDim: 1024, depth: 24, numHeads: 16 },
  huge: { embedDim: 1280, depth: 32, numHeads: 16 },
}

/** The names of all presets: `vit_{tiny,small,base,large,huge}_patch{14,16,32}_224`. */
export const presetNames: readonly string[] = Object.keys(sizes).flatMap((size) =>
  [14, 16, 32].map((patch) => `vit_${size}_patch${patch}_224`),
)

/** The options that a preset's name stands for, or undefined where there is no such preset. */
export function preset(name: string): Partial<ViTConfig> | undefined {
  if (!presetNames.includes(name)) return undefined
  const [, size, patch] = name.match(/^vit_(\w+)_patch(\d+)_224$/)!
  return { ...sizes[size as keyof typeof sizes], imageSize: 224, patchSize: Number(patch) }
}
