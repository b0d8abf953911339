import { hiddenFeatures } from '../../nn/index.js'
import { fromCanonical, serializeSafetensors } from '../../weights/index.js'
import type { Model } from '../model.js'
import { type Content, type Format, jsonText, type Layout } from './format.js'
import { nameOf, type Part, partsOf } from './parts.js'
import { withQkvBias } from './tensors.js'
import { torchTransforms } from './torch-transforms.js'

/** torchvision has the plain ViT alone, whatever its size. */
const known: readonly Part[] = ['representation', 'otherMlpWidth', 'noHead']

/** torchvision: weights for torchvision.models.VisionTransformer, and the Python that builds and loads it. */
export const torchvision: Format = {
  library: 'torchvision',
  lacks(model) {
    const part = partsOf(model).find((name) => !known.includes(name))
    return part && nameOf(part)
  },
  layOut,
}

function layOut(model: Model): Layout {
  const { vit, labels } = model
  const tensors = fromCanonical(withQkvBias(vit.stateDict()), 'torchvision')
  const transforms = torchTransforms(model.preprocessor)
  return {
    architecture: 'VisionTransformer',
    files: new Map<string, Content>([
      ['README.md', readme(model, transforms)],
      ['class_indices.json', jsonText({ ...labels })],
      ['model.safetensors', serializeSafetensors(tensors, { format: 'pt' })],
    ]),
    notices: transforms
      ? []
      : ['torchvision cannot prepare pictures as this model has it: README.md leaves that to you'],
  }
}

function readme({ vit }: Model, transforms: readonly string[] | undefined): string {
  const { config } = vit
  const { representationSize, numClasses } = config
  const options = {
    image_size: config.imageSize,
    patch_size: config.patchSize,
    num_layers: config.depth,
    num_heads: config.numHeads,
    hidden_dim: config.embedDim,
    mlp_dim: hiddenFeatures(config),
    ...(config.dropout > 0 && { dropout: config.dropout }),
    ...(config.attentionDropout > 0 && { attention_dropout: config.attentionDropout }),
    num_classes: numClasses,
    ...(representationSize > 0 && { representation_size: representationSize }),
    norm_layer: `partial(torch.nn.LayerNorm, eps=${config.layerNormEps})`,
  }
  const lines = [
    'from functools import partial',
    '',
    'import torch',
    'from safetensors.torch import load_file',
    'from torchvision import transforms',
    'from torchvision.models import VisionTransformer',
    '',
    'model = VisionTransformer(',
    ...Object.entries(options).map(([name, value]) => `    ${name}=${value},`),
    ')',
    ...(numClasses === 0 ? ['model.heads = torch.nn.Identity()'] : []),
    'model.load_state_dict(load_file("model.safetensors"))',
    'model.eval()',
    ...(transforms ? ['', 'prepare = transforms.Compose([', ...transforms.map((line) => `    ${line},`), '])'] : []),
  ]
  const files =
    numClasses > 0
      ? 'These are the weights of a Vision Transformer for torchvision; class_indices.json names its classes.'
      : 'These are the weights of a Vision Transformer without head for torchvision.'
  return `# Vision Transformer\n\n${files} To load them:\n\n\`\`\`python\n${lines.join('\n')}\n\`\`\`\n`
}
