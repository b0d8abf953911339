import type { ViTConfig } from './config.js'

/** Width, depth and heads of the published sizes. Hidden features of the MLP are 4 times the width but where said. */
const sizes: Record<string, Partial<ViTConfig>> = {
  tiny: { embedDim: 192, depth: 12, numHeads: 3 }, // Touvron et al., 2020
  small: { embedDim: 384, depth: 12, numHeads: 6 },
  medium: { embedDim: 512, depth: 12, numHeads: 8 },
  base: { embedDim: 768, depth: 12, numHeads: 12 }, // Dosovitskiy et al., 2020
  large: { embedDim: 1024, depth: 24, numHeads: 16 },
  huge: { embedDim: 1280, depth: 32, numHeads: 16 },
  so400m: { embedDim: 1152, depth: 27, numHeads: 16, mlpRatio: 4304 / 1152 }, // Alabdulmohsin et al., 2023
  giant: { embedDim: 1408, depth: 40, numHeads: 16, mlpRatio: 48 / 11 }, // Zhai et al., 2021
  gigantic: { embedDim: 1664, depth: 48, numHeads: 16, mlpRatio: 64 / 13 },
}

interface Family {
  /** What its models have in common, beside their size. */
  options: Partial<ViTConfig>
  /** What a size adds, or has otherwise than the plain ViT. */
  sizes?: Record<string, Partial<ViTConfig>>
}

const clip: Partial<ViTConfig> = { preNorm: true, layerNormEps: 1e-5 }
/** The features of CLIP's projection, which both its towers share (Radford et al., 2021; Cherti et al., 2022). */
const clipSizes = {
  medium: { numClasses: 512 },
  base: { numClasses: 512 },
  large: { numClasses: 768 },
  huge: { numClasses: 1024 },
  giant: { numClasses: 1024 },
  gigantic: { numClasses: 1280 },
}

/** What tells the families apart, by the part of timm's names that does. */
const families: Record<string, Family> = {
  vit: { options: {} },
  deit: { options: {} },
  deit_distilled: { options: { distillation: true } },
  deit3: { options: { initValues: 1e-6, noEmbedClass: true } }, // Touvron et al., 2022
  // Oquab et al., 2023. The giant is another one than ViT-g, and gated.
  dinov2: {
    options: { imageSize: 518, numClasses: 0, initValues: 1e-5 },
    sizes: {
      giant: { embedDim: 1536, numHeads: 24, mlp: 'swiglu', activation: 'silu', mlpRatio: 16 / 3 },
    },
  },
  clip: { options: clip, sizes: clipSizes },
  clip_quickgelu: { options: { ...clip, activation: 'quickGelu' }, sizes: clipSizes }, // OpenAI's own
  siglip: { options: { numClasses: 0, classToken: false, pooling: 'map' } }, // Zhai et al., 2023
}

/** What a preset's name says: `<family>_<size>_patch<patch>[_reg<registers>][_<family>][_<image size>]`. */
const grammar =
  /^(vit|deit|deit3)_([a-z0-9]+)(_distilled)?_patch(\d+)(?:_reg(\d+))?(?:_(dinov2|clip|clip_quickgelu|siglip))?(?:_(\d+))?$/

/**
 * The options that a name of timm's stands for (`vit_base_patch16_224`, `vit_small_patch14_reg4_dinov2`, and what follows
 * a dot is ignored), or undefined where there is no such model. Any patch size and image size goes with any family.
 */
export function preset(name: string): Partial<ViTConfig> | undefined {
  const [, first, size, distilled, patch, registers, last, pixels] = grammar.exec(name.split('.')[0]!) ?? []
  if (size === undefined || !Object.hasOwn(sizes, size)) return undefined
  const family = families[last ?? `${first}${distilled ?? ''}`]
  if (!family || (last && first !== 'vit') || (registers && last !== 'dinov2')) return undefined
  if (!pixels && !family.options.imageSize) return undefined
  return {
    ...sizes[size],
    ...family.options,
    ...family.sizes?.[size],
    patchSize: Number(patch),
    ...(pixels && { imageSize: Number(pixels) }),
    ...(last === 'siglip' && { activation: siglipActivation(size, Number(patch), Number(pixels)) }),
    ...(registers && { regTokens: Number(registers), noEmbedClass: true }),
  }
}

/** timm gives models that came with SigLIP 2 the tanh form of GELU, which they learned with, and earlier ones the exact. */
function siglipActivation(size: string, patch: number, pixels: number): ViTConfig['activation'] {
  const isSecond = patch === 32 || (size === 'so400m' && patch === 16) || (size === 'large' && pixels === 512)
  return isSecond ? 'geluTanh' : 'gelu'
}
