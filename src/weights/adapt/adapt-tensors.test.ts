import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../errors.js'
import { elementCount, type Tensor } from '../../onnx/tensor.js'
import { Random } from '../../random.js'
import { adaptTensors, type Library, type SourceShape, type TargetShape } from './adapt-tensors.js'
import { adaptChannels } from './channels.js'
import { resizePatchEmbedding } from './patch-embedding.js'
import { resizePositionEmbedding } from './position-embedding.js'
import { antialiasedBicubic, resampleGrid } from './resample.js'

const random = new Random('adapt')

function randomTensor(...shape: number[]): Tensor {
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-1, 1)),
  }
}

/** A checkpoint of 4×4 patches of 8 pixels, 3 channels, 5 classes. */
function checkpoint(changes: Record<string, Tensor> = {}): Map<string, Tensor> {
  return new Map(
    Object.entries({
      cls_token: randomTensor(1, 1, 6),
      pos_embed: randomTensor(1, 17, 6),
      'patch_embed.proj.weight': randomTensor(6, 3, 8, 8),
      'patch_embed.proj.bias': randomTensor(6),
      'blocks.0.attn.qkv.weight': randomTensor(18, 6),
      'head.weight': randomTensor(5, 6),
      'head.bias': randomTensor(5),
      ...changes,
    }),
  )
}

const from: SourceShape = { file: 'vit.pth', prefixTokens: 1 }
const same: TargetShape = { grid: [4, 4], patchSize: 8, inChannels: 3, prefixTokens: 1, numClasses: 5 }

test('what fits stays as it is: the very same tensors', () => {
  const tensors = checkpoint()
  const adapted = adaptTensors(tensors, from, same, 'timm')
  assert.deepEqual([adapted.resized, adapted.replaced], [[], []])
  assert.notEqual(adapted.tensors, tensors)
  assert.deepEqual([...adapted.tensors.keys()], [...tensors.keys()])
  for (const [name, tensor] of tensors) assert.equal(adapted.tensors.get(name), tensor, name)
})

test('grid, patch size, channels and classes change together; the checkpoint does not', () => {
  const tensors = checkpoint({ 'head_dist.weight': randomTensor(5, 6), 'head.fc1.weight': randomTensor(6, 6) })
  const before = structuredClone(tensors)
  const to = { ...same, grid: [3, 7] as const, patchSize: 6, inChannels: 1, numClasses: 2 }
  const { tensors: after, resized, replaced } = adaptTensors(tensors, from, to, 'torchvision')
  assert.deepEqual(tensors, before)
  assert.deepEqual(resized, [
    'patch_embed.proj.weight 8×8 → 6×6',
    'patch_embed.proj.weight 3 → 1 channels',
    'pos_embed 4×4 → 3×7',
  ])
  assert.deepEqual(replaced, ['head.weight', 'head.bias', 'head_dist.weight'])
  assert.deepEqual(
    [...after].map(([name, { shape }]) => `${name} ${shape.join('×')}`),
    [
      'cls_token 1×1×6',
      'pos_embed 1×22×6',
      'patch_embed.proj.weight 6×1×6×6',
      'patch_embed.proj.bias 6',
      'blocks.0.attn.qkv.weight 18×6',
      'head.fc1.weight 6×6',
    ],
  )
  assert.deepEqual(
    after.get('pos_embed'),
    resizePositionEmbedding(tensors.get('pos_embed')!, 1, [4, 4], [3, 7], 'torchvision'),
  )
})

test('a grid that is no square is told from one of as many patches', () => {
  const tensors = checkpoint()
  const { resized } = adaptTensors(tensors, { ...from, grid: [2, 8] }, same, 'timm')
  assert.deepEqual(resized, ['pos_embed 2×8 → 4×4'])
})

test('Hugging Face resizes DINOv2 with registers in its own way', () => {
  const tensors = checkpoint()
  const to = { ...same, grid: [2, 2] as const }
  const positions = (library: Library) => adaptTensors(tensors, from, to, library).tensors.get('pos_embed')
  assert.notDeepEqual(positions('huggingface'), positions('timm'))
  tensors.set('reg_token', randomTensor(1, 4, 6))
  assert.deepEqual(positions('huggingface'), positions('timm'))
})

test('tensors that are missing are left to the loading', () => {
  const adapted = adaptTensors(new Map(), from, { ...same, grid: [9, 9] }, 'google')
  assert.deepEqual(adapted, { tensors: new Map(), resized: [], replaced: [] })
})

test('a resized patch meets its resized kernel as the patch met the kernel', () => {
  // Enlarged patches lose nothing, so the products are equal (FlexiViT's equation 3), whatever the patch.
  const kernel = randomTensor(1, 1, 5, 5)
  const patch = randomTensor(1, 1, 5, 5).data as Float32Array
  const enlarged = resampleGrid(patch, [1, 1], antialiasedBicubic(5, 9), antialiasedBicubic(5, 9))
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  const product = dot(enlarged, resizePatchEmbedding(kernel, 9).data as Float32Array)
  assert(Math.abs(product - dot(patch, kernel.data as Float32Array)) < 1e-6)
})

test('NaN and infinity are kept, and stay where they have a share', () => {
  const embedding = randomTensor(1, 17, 1)
  embedding.data[0] = Number.NaN
  embedding.data[1] = Number.POSITIVE_INFINITY
  embedding.data[16] = Number.NaN
  const resized = resizePositionEmbedding(embedding, 1, [4, 4], [9, 9], 'google').data as Float32Array
  assert(Number.isNaN(resized[0]))
  assert.equal(resized[1], Number.POSITIVE_INFINITY)
  assert(Number.isNaN(resized[81]))
  assert(Number.isFinite(resized[41]))
  const kernel = randomTensor(1, 3, 2, 2)
  kernel.data[0] = Number.NaN
  assert(Number.isNaN(adaptChannels(kernel, 1).data[0]))
})

const refused: [
  why: string,
  changes: Record<string, Tensor>,
  from: Partial<SourceShape>,
  to: Partial<TargetShape>,
  RegExp,
][] = [
  ['no square', { pos_embed: randomTensor(1, 16, 6) }, {}, {}, /16 position embeddings, and 15 .* square/],
  ['another grid', {}, { grid: [3, 5] }, {}, /17 position embeddings, and 16 .* 3×5/],
  ['no patches', { pos_embed: randomTensor(1, 1, 6) }, {}, {}, /1 position embeddings/],
  ['fewer places than tokens', { pos_embed: randomTensor(1, 1, 6) }, { prefixTokens: 2 }, {}, /1 position embeddings/],
  ['no places', { pos_embed: randomTensor(1, 0, 6) }, {}, {}, /0 position embeddings/],
  ['positions without batch', { pos_embed: randomTensor(17, 6) }, {}, {}, /pos_embed of shape \[17,6\]/],
  ['two embeddings', { pos_embed: randomTensor(2, 17, 6) }, {}, {}, /pos_embed of shape \[2,17,6\]/],
  ['a huge grid', {}, {}, { grid: [4, 100_000] }, /4×4.*4×100000/],
  ['an empty grid', {}, {}, { grid: [0, 4] }, /4×4.*0×4/],
  ['half a patch', {}, {}, { grid: [2.5, 4] }, /2.5×4/],
  ['NaN patches', {}, {}, { grid: [Number.NaN, 4] }, /NaN×4/],
  ['too many numbers', { pos_embed: randomTensor(1, 17, 1500) }, {}, { grid: [256, 256] }, /256×256/],
  ['a huge patch', {}, {}, { patchSize: 1e9 }, /8×8.*1000000000×1000000000/],
  ['an empty kernel', { 'patch_embed.proj.weight': randomTensor(6, 3, 0, 0) }, {}, {}, /0×0/],
  ['a flat kernel', { 'patch_embed.proj.weight': randomTensor(6, 192) }, {}, {}, /shape \[6,192\]/],
  ['4 channels to 3', { 'patch_embed.proj.weight': randomTensor(6, 4, 8, 8) }, {}, {}, /4 channels/],
  ['millions of channels', {}, {}, { inChannels: 1e9 }, /patch_embed/],
  ['another token', {}, {}, { prefixTokens: 2 }, /1 of the tokens before .*for 2/],
  ['no place for the class token', {}, {}, { prefixTokens: 0 }, /1 of the tokens before .*for 0/],
]
for (const [why, changes, otherFrom, otherTo, message] of refused) {
  test(`refused in one sentence: ${why}`, () => {
    assert.throws(
      () => adaptTensors(checkpoint(changes), { ...from, ...otherFrom }, { ...same, ...otherTo }, 'timm'),
      (error) => {
        assert(error instanceof UserError, String(error))
        assert.match(error.message, message)
        assert.match(error.message, /^vit\.pth (?!.*\. )[^\n]*[^.\n]$/)
        return true
      },
    )
  })
}
