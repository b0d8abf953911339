import {
  constant,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  normal,
  truncatedNormal,
  xavierUniform,
} from './initializers.js'

/** The initialiser of each kind of parameter in a ViT. */
export interface Initialization {
  classToken: Initializer
  positionEmbedding: Initializer
  patchWeight: Initializer
  attentionWeight: Initializer
  attentionBias: Initializer
  mlpWeight: Initializer
  mlpBias: Initializer
  headWeight: Initializer
  headBias: Initializer
  patchBias: Initializer
}

const zero = constant(0)

/** The tutorials' schemes by name. */
export const initializations = {
  /** A ViT from scratch in PaddlePaddle: Kaiming uniform around attention, Xavier uniform in the MLP. */
  paddle: {
    classToken: zero,
    positionEmbedding: truncatedNormal(0.02),
    patchWeight: kaimingUniform(),
    patchBias: zero,
    attentionWeight: kaimingUniform(),
    attentionBias: zero,
    mlpWeight: xavierUniform(),
    mlpBias: normal(1e-6),
    headWeight: kaimingUniform(),
    headBias: zero,
  },
  /** The PyTorch ViT that the ONNX notes read: truncated normal throughout. */
  wzm: {
    classToken: truncatedNormal(0.02),
    positionEmbedding: truncatedNormal(0.02),
    patchWeight: kaimingNormal({ fan: 'out' }),
    patchBias: zero,
    attentionWeight: truncatedNormal(0.01),
    attentionBias: zero,
    mlpWeight: truncatedNormal(0.01),
    mlpBias: zero,
    headWeight: truncatedNormal(0.01),
    headBias: zero,
  },
} satisfies Record<string, Initialization>
