/** A model whose weights anyone can have. */
export interface PublishedModel {
  /** The name of its preset, which is timm's. */
  name: string
  /** What its usual weights are called on the hub, behind the name and a dot; absent where there are none. */
  tag?: string
  /** Their licence, as their publisher states it, by its SPDX identifier. */
  licence?: string
}

const apache = (tag: string) => (name: string) => ({ name, tag, licence: 'Apache-2.0' })
const unpublished = (name: string) => ({ name })

/** The models that most people mean by a Vision Transformer; `preset` knows these and many more. */
export const publishedModels: readonly PublishedModel[] = [
  ...[
    'vit_tiny_patch16_224',
    'vit_tiny_patch16_384',
    'vit_small_patch16_224',
    'vit_small_patch16_384',
    'vit_small_patch32_224',
    'vit_small_patch32_384',
    'vit_base_patch8_224',
    'vit_base_patch16_224',
    'vit_base_patch16_384',
    'vit_base_patch32_224',
    'vit_base_patch32_384',
    'vit_large_patch16_224',
    'vit_large_patch16_384',
  ].map(apache('augreg_in21k_ft_in1k')),
  ...['vit_small_patch8_224'].map(apache('dino')),
  ...['vit_large_patch32_384'].map(apache('orig_in21k_ft_in1k')),
  ...['vit_large_patch32_224', 'vit_huge_patch14_224'].map(apache('orig_in21k')),
  ...['vit_giant_patch14_224', 'vit_gigantic_patch14_224'].map(unpublished),
  ...[
    'deit_tiny_patch16_224',
    'deit_small_patch16_224',
    'deit_base_patch16_224',
    'deit_base_patch16_384',
    'deit_tiny_distilled_patch16_224',
    'deit_small_distilled_patch16_224',
    'deit_base_distilled_patch16_224',
    'deit_base_distilled_patch16_384',
  ].map(apache('fb_in1k')),
  ...[
    'deit3_small_patch16_224',
    'deit3_medium_patch16_224',
    'deit3_base_patch16_224',
    'deit3_large_patch16_224',
    'deit3_huge_patch14_224',
  ].map(apache('fb_in22k_ft_in1k')),
  ...['small', 'base', 'large', 'giant'].flatMap((size) =>
    [`vit_${size}_patch14_dinov2`, `vit_${size}_patch14_reg4_dinov2`].map(apache('lvd142m')),
  ),
  ...[
    'vit_base_patch32_clip_quickgelu_224',
    'vit_base_patch16_clip_quickgelu_224',
    'vit_large_patch14_clip_quickgelu_224',
    'vit_large_patch14_clip_quickgelu_336',
  ].map(apache('openai')),
  ...[
    'vit_base_patch32_clip_224',
    'vit_base_patch16_clip_224',
    'vit_large_patch14_clip_224',
    'vit_huge_patch14_clip_224',
    'vit_giant_patch14_clip_224',
    'vit_gigantic_patch14_clip_224',
  ].map(apache('laion2b')),
  ...[
    'vit_base_patch16_siglip_224',
    'vit_base_patch16_siglip_384',
    'vit_large_patch16_siglip_256',
    'vit_large_patch16_siglip_384',
    'vit_so400m_patch14_siglip_224',
    'vit_so400m_patch14_siglip_384',
  ].map(apache('webli')),
]
