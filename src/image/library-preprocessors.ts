import { half, imagenet, openAi } from './colours.js'
import { defaultPreprocessor, type PreprocessorConfig } from './preprocessor-config.js'

/** The evaluation preprocessing of each library's ViTs at a size, for weights that come without a file that says it. */
export const preprocessorOf = {
  timm: defaultPreprocessor,
  /** ViTImageProcessor. */
  huggingface: (imageSize: number): PreprocessorConfig => {
    const size = { height: imageSize, width: imageSize }
    return { resize: size, resample: 'bilinear', resizer: 'torch', crop: size, rescaleFactor: 1 / 255, ...half }
  },
  /** CLIP's: the short side to the size, bicubic, OpenAI's colours. */
  openclip: (imageSize: number): PreprocessorConfig => ({
    resize: { shortestEdge: imageSize },
    resample: 'bicubic',
    crop: { height: imageSize, width: imageSize },
    rescaleFactor: 1 / 255,
    ...openAi,
  }),
  /** The transforms of its ImageNet weights; above 224 pixels those of SWAG, which crop nothing and go bicubic. */
  torchvision: (imageSize: number): PreprocessorConfig => ({
    resize: { shortestEdge: imageSize > 224 ? imageSize : Math.floor((imageSize * 256) / 224) },
    resample: imageSize > 224 ? 'bicubic' : 'bilinear',
    crop: { height: imageSize, width: imageSize },
    rescaleFactor: 1 / 255,
    ...imagenet,
  }),
  /** vit_jax and big_vision: tf.image.resize to the size, bilinear, to [-1, 1]. */
  google: (imageSize: number): PreprocessorConfig => {
    const size = { height: imageSize, width: imageSize }
    return { resize: size, resample: 'bilinear', resizer: 'tensorflow', crop: size, rescaleFactor: 1 / 255, ...half }
  },
  /** The short side to size / 0.875 as in its ImageNet evaluation, or to the size itself where it fine-tuned at 384. */
  paddlevit: (imageSize: number): PreprocessorConfig => ({
    resize: { shortestEdge: imageSize > 224 ? imageSize : Math.floor(imageSize / 0.875) },
    resample: 'bicubic',
    crop: { height: imageSize, width: imageSize },
    rescaleFactor: 1 / 255,
    ...half,
  }),
} as const
