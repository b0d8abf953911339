import type { PartKind } from '../../inspect/part.js'

/** The page's colours: each stands for a kind of work. */
export type Family = 'embedding' | 'attention' | 'mlp' | 'norm' | 'product' | 'activation' | 'sum' | 'head' | 'layout'

interface Kind {
  title: string
  family: Family
  /** What it does, for whom meets it for the first time. */
  sentence: string
}

/** What each kind of part is called on the page. */
export const kinds: Readonly<Record<PartKind, Kind>> = {
  preprocessing: {
    title: 'Preprocessing',
    family: 'embedding',
    sentence: 'Turns pixels into tokens that know where they come from.',
  },
  encoder: {
    title: 'Encoder',
    family: 'attention',
    sentence: 'Blocks of one shape, one after the other. Each adds to the tokens what it found out.',
  },
  postprocessing: { title: 'Postprocessing', family: 'head', sentence: 'Turns tokens into the answer.' },
  patchEmbedding: {
    title: 'Patch embedding',
    family: 'embedding',
    sentence: 'Cuts the picture into patches and multiplies each by one matrix: a patch becomes a token.',
  },
  classToken: {
    title: 'Class token',
    family: 'embedding',
    sentence: 'A learned token stands before the patches. It collects what the answer is read from.',
  },
  distillationToken: {
    title: 'Distillation token',
    family: 'embedding',
    sentence: 'A second learned token, which learned from a teacher’s answers.',
  },
  registerTokens: {
    title: 'Register tokens',
    family: 'embedding',
    sentence: 'Learned tokens that give attention a place to write to, apart from the patches.',
  },
  positionEmbedding: {
    title: 'Position embedding',
    family: 'embedding',
    sentence: 'Adds a learned vector for each place: attention alone would not know where a patch was.',
  },
  encoderLayer: {
    title: 'Block',
    family: 'attention',
    sentence:
      'Attention lets tokens look at each other, the MLP works on each by itself; both add to the residual stream.',
  },
  pooling: { title: 'Pooling', family: 'head', sentence: 'Makes one vector of all tokens.' },
  head: { title: 'Head', family: 'head', sentence: 'Makes a number for each class of the pooled vector.' },
  attention: {
    title: 'Attention',
    family: 'attention',
    sentence: 'Every token asks all tokens (query · key), and takes a mean of what they offer (value), head by head.',
  },
  scaledDotProduct: {
    title: 'Scaled dot product',
    family: 'attention',
    sentence: 'How well queries fit keys becomes weights that sum to one; the values are averaged by them.',
  },
  mlp: {
    title: 'MLP',
    family: 'mlp',
    sentence: 'Widens each token, bends it with an activation, and narrows it again.',
  },
  swiGlu: { title: 'SwiGLU', family: 'mlp', sentence: 'An MLP of which one half gates the other.' },
  residual: {
    title: 'Residual sum',
    family: 'sum',
    sentence: 'What was found out is added to the stream, which goes on unharmed.',
  },
  layerScale: { title: 'LayerScale', family: 'norm', sentence: 'A learned factor for each feature.' },
  layerNorm: {
    title: 'LayerNorm',
    family: 'norm',
    sentence: 'Brings each token to mean 0 and variance 1, then to a learned scale and shift.',
  },
  rmsNorm: { title: 'RMSNorm', family: 'norm', sentence: 'Divides each token by its root mean square.' },
  linear: { title: 'Linear', family: 'product', sentence: 'A product with a learned matrix, and a learned shift.' },
  gelu: {
    title: 'GELU',
    family: 'activation',
    sentence: 'Lets x pass as far as it is larger than what chance would give.',
  },
  silu: { title: 'SiLU', family: 'activation', sentence: 'x, weighed by its own sigmoid.' },
  activation: { title: 'Activation', family: 'activation', sentence: 'Bends each number by one function.' },
  softmax: { title: 'Softmax', family: 'attention', sentence: 'Makes weights that sum to one.' },
  shapeArithmetic: {
    title: 'Shape arithmetic',
    family: 'layout',
    sentence: 'Works out sizes at run time. It computes no features, and constant folding removes most of it.',
  },
  layout: { title: 'Layout', family: 'layout', sentence: 'Moves or reshapes numbers, without changing any.' },
  other: { title: 'Nodes', family: 'layout', sentence: 'Nodes that are part of no pattern that is known here.' },
}

const families: Readonly<Record<Family, string>> = {
  product:
    'MatMul Gemm Conv ConvTranspose Einsum MatMulInteger ConvInteger QLinearConv QLinearMatMul FusedMatMul FusedGemm FusedConv DynamicQuantizeMatMul MatMulNBits',
  attention: 'Softmax LogSoftmax Attention MultiHeadAttention PackedAttention GroupQueryAttention QAttention',
  norm: 'LayerNormalization SimplifiedLayerNormalization SkipLayerNormalization RMSNormalization BatchNormalization InstanceNormalization GroupNormalization ReduceMean LpNormalization ReduceL2',
  activation:
    'Gelu FastGelu BiasGelu QuickGelu Erf Tanh Sigmoid Relu LeakyRelu HardSigmoid HardSwish Swish Silu Mish Elu Selu Softplus Clip PRelu',
  sum: 'Add Sub Mul Div Pow Sqrt Reciprocal Neg Abs Exp Log Sum Max Min Mean Where ReduceSum ReduceMax ReduceMin Sin Cos Floor Ceil Round Dropout',
  head: 'GlobalAveragePool AveragePool MaxPool GlobalMaxPool ArgMax TopK',
  layout: '',
  embedding: '',
  mlp: '',
}

const familyOfOp = new Map(
  Object.entries(families).flatMap(([family, ops]) => ops.split(' ').map((op) => [op, family as Family])),
)

/** The colour of a single node. */
export const familyOf = (op: string): Family => familyOfOp.get(op) ?? 'layout'
