import type { Part } from '../../inspect/index.js'
import type { LayerRoles, Roles } from '../../inspect/understand/roles.js'
import type { StateDict, ViTConfig } from '../../nn/index.js'
import { attentionTensors } from './attention-weights.js'
import { Collected } from './collected.js'
import type { Numbers } from './constants.js'
import { embeddingTensors } from './embedding-weights.js'
import { linearWeights } from './linear-weights.js'
import { mlpTensors } from './mlp-weights.js'
import { poolingTensors } from './pooling-weights.js'

/**
 * The weights of a recognised Vision Transformer under timm's names and in PyTorch's layouts.
 * @throws Error where they have other sizes than a ViT of that config has
 */
export function stateDictOf(roles: Roles, config: ViTConfig, numbers: Numbers): StateDict {
  const into = new Collected(config, numbers)
  embeddingTensors(roles, into)
  for (const [i, layer] of roles.layers.entries()) {
    const normBehind = roles.layers[i + 1]?.norm1 ?? roles.norm ?? roles.fcNorm
    layerTensors(`blocks.${i}`, layer, normBehind, into)
  }
  if (config.fcNorm) into.norm('fc_norm', roles.fcNorm, config.embedDim * (config.pooling === 'token+avg' ? 2 : 1))
  else into.norm('norm', roles.norm ?? roles.fcNorm)
  poolingTensors(roles, into)
  headTensors(roles, into)
  return into.state
}

function layerTensors(name: string, layer: LayerRoles, normBehind: Part | undefined, into: Collected) {
  const { norm1, attention, layerScale1, norm2, mlp, layerScale2 } = layer
  into.norm(`${name}.norm1`, norm1)
  attentionTensors(`${name}.attn`, attention!, into)
  into.norm(`${name}.norm2`, norm2)
  mlpTensors(`${name}.mlp`, mlp!, into)
  takeSkipBias(`${name}.attn.proj.bias`, norm2, into)
  takeSkipBias(`${name}.mlp.fc2.bias`, normBehind, into)
  if (into.config.initValues === 0) return
  for (const [i, part] of [layerScale1, layerScale2].entries()) {
    const { embedDim } = into.config
    const gamma = part ? into.numbers(part.weights.scale!) : new Float32Array(embedDim).fill(1)
    into.put(`${name}.ls${i + 1}.gamma`, [embedDim], gamma)
  }
}

/** ONNX Runtime's fusions move the bias of a branch's last product into the sum and norm behind it. */
function takeSkipBias(name: string, norm: Part | undefined, into: Collected) {
  const skipBias = norm?.weights.skipBias
  const { shape, data } = into.state.get(name)!
  const isEmpty = (data as Float32Array).every((value) => value === 0)
  if (skipBias && isEmpty) into.put(name, shape, into.numbers(skipBias))
}

function headTensors({ head, distillationHead }: Roles, into: Collected) {
  const { config, numbers } = into
  const linears = head.filter(({ weights }) => weights.weight).map((part) => linearWeights(part, numbers))
  const names =
    config.head === 'mlp'
      ? ['head.fc1', 'head.fc2']
      : [...(config.representationSize > 0 ? ['pre_logits.fc'] : []), ...(config.numClasses > 0 ? ['head'] : [])]
  for (const [i, name] of names.entries()) into.linear(name, linears[i]!)
  if (distillationHead) into.linear('head_dist', linearWeights(distillationHead, numbers))
}
