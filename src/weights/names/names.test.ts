import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../../errors.js'
import { bytesOf, elementCount, type Tensor, tensor } from '../../onnx/tensor.js'
import { fromCanonical, type Target, toCanonical } from './index.js'
import { rulesOf } from './rules.js'
import type { HuggingFaceType, Source } from './table.js'
import { tables } from './tables.js'
import { canonicalNames, timm } from './timm.js'

// Names and shapes as the libraries have them, and what timm's own conversion, or one by hand, makes of the tensors.
interface Case {
  source: Source
  modelType?: HuggingFaceType
  numHeads?: number
  dropped?: string[]
  /** Shapes. */
  file: Record<string, number[]>
  /** Digests. */
  canonical: Record<string, string>
}
const cases: Record<string, Case> = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/names.json', import.meta.url), 'utf8'),
)

/** The numbers that tools/make-name-fixtures.py gives a tensor of this name. */
function numbers(name: string, shape: number[]): Tensor {
  let start = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) start = Math.imul(start ^ byte, 0x01000193) >>> 0
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => (((start + 7919 * i) % 1009) - 504) / 2048)
  return { dtype: 'float32', shape, data }
}

const tensorsOf = ({ file }: Case) => new Map(Object.entries(file).map(([name, shape]) => [name, numbers(name, shape)]))

/** As Python prints the shape, and the bytes. */
function digest({ shape, data }: Tensor): string {
  const hash = createHash('sha256')
    .update(`[${shape.join(', ')}]`)
    .update(bytesOf(data))
  return hash.digest('hex').slice(0, 8)
}

const digests = (tensors: Map<string, Tensor>) =>
  Object.fromEntries([...tensors].map(([name, value]) => [name, digest(value)] as const).sort())

const sorted = (record: Record<string, string>) => Object.fromEntries(Object.entries(record).sort())

for (const [name, expected] of Object.entries(cases)) {
  test(`${name}: recognised by its names, and every tensor as timm has it`, () => {
    const result = toCanonical(tensorsOf(expected), 'f')
    assert.deepEqual(digests(result.tensors), sorted(expected.canonical))
    assert.equal(result.source, expected.source)
    assert.equal(result.modelType, expected.modelType)
    assert.equal(result.numHeads, expected.numHeads)
    assert.deepEqual(result.dropped.sort(), (expected.dropped ?? []).sort())
    assert.deepEqual(result.unexpected, [])
    if (!name.includes('scan')) {
      assert.equal(result.matched + result.dropped.length, Object.keys(expected.file).length)
    }
  })
}

// What the file of a library becomes under Vitrine's names becomes the same file again.
const writable: [Target, string[]][] = [
  ['timm', ['timm', 'timm-distilled', 'timm-map']],
  ['torchvision', ['torchvision', 'torchvision-pre-logits']],
  ['vit', ['vit-in-file']],
  ['deit', ['deit-teacher-in-file']],
  ['dinov2', ['dinov2-in-file', 'dinov2-swiglu-in-file']],
  ['clip_vision_model', ['clip-vision']],
  ['siglip_vision_model', ['siglip-vision', 'siglip-classifier']],
]
for (const [target, names] of writable) {
  for (const name of names) {
    test(`${name}: back to the names of its library`, () => {
      const { modelType, ...rest } = cases[name]!
      const prefix = tables.find((table) => table.modelType === modelType && table.source === rest.source)!.prefix
      const whole = Object.keys(rest.file).some((key) => key.startsWith(prefix))
      const expected = [...tensorsOf(cases[name]!)]
        .filter(([key]) => !key.endsWith('mask_token') && !(name === 'siglip-classifier' && key.includes('.head.')))
        .map(([key, value]) => [whole ? key : prefix + key, value] as const)
      const written = fromCanonical(toCanonical(tensorsOf(cases[name]!), 'f').tensors, target)
      assert.deepEqual(digests(written), digests(new Map(expected)))
    })
  }
}

test('the position of the class token, which went into the token itself, is zero when written', () => {
  const original = tensorsOf(cases['dinov2-registers-in-file']!)
  const canonical = toCanonical(original, 'f').tensors
  const written = fromCanonical(canonical, 'dinov2_with_registers')
  const positions = written.get('dinov2_with_registers.embeddings.position_embeddings')!
  assert.deepEqual(positions.shape, [1, 5, 8])
  assert.deepEqual([...positions.data.subarray(0, 8)], Array(8).fill(0))
  assert.deepEqual(positions.data.subarray(8), original.get('embeddings.position_embeddings')!.data.subarray(8))
  assert.deepEqual(digests(toCanonical(written, 'f').tensors), digests(canonical))
})

test('what has positions for patches alone gets zeros for the other tokens', () => {
  const { tensors } = toCanonical(tensorsOf(cases['big-vision']!), 'f')
  for (const [target, name] of [
    ['vit', 'vit.embeddings.position_embeddings'],
    ['torchvision', 'encoder.pos_embedding'],
  ] as const) {
    const positions = fromCanonical(tensors, target).get(name)!
    assert.deepEqual(positions.shape, [1, 5, 8])
    assert.deepEqual(positions.data.subarray(8), tensors.get('pos_embed')!.data)
  }
})

test('names of every table are names of ours, and every name of ours is in a case', () => {
  const ours = new Set(rulesOf(timm.rows).map((rule) => rule.ours.name))
  for (const { rows, outside = [], swiglu = [], parameters } of tables)
    for (const rule of rulesOf([...rows, ...outside, ...swiglu], parameters))
      assert(ours.has(rule.ours.name), rule.ours.name)
  const seen = Object.values(cases).flatMap(({ canonical }) => Object.keys(canonical))
  const covered = new Set(seen.map((name) => name.replace(/^blocks\.\d/, 'blocks.*')))
  const missing = [...ours].filter((name) => !covered.has(name))
  assert.deepEqual(missing, [], `of ${canonicalNames.length}`)
})

// What no library writes itself, or an older version did.
const exceptions = ['pre_logits.fc.*', 'head.fc1.*', 'head.fc2.*', 'visual.head.proj.weight', 'linear_head.*']

test('every name in a table is in a case, but for second names', () => {
  const files = Object.values(cases).flatMap(({ file }) => Object.keys(file))
  const seen = files.map((name) => name.replace(/([._])\d+(?=[./])/, '$1*'))
  const unseen = tables.flatMap(({ rows, outside = [], swiglu = [], parameters }) =>
    [...rows, ...outside, ...swiglu].flatMap((row) => {
      const first = rulesOf([[row[0], [row[1]].flat()[0]!, row[2]]], parameters)
      return first.some(({ theirs }) => [...files, ...seen].some((name) => name.endsWith(theirs.name))) ? [] : [row[1]]
    }),
  )
  assert.deepEqual([...new Set(unseen.flat())], exceptions)
})

test('whatever stands before the names is no hindrance', () => {
  const { file, canonical } = cases['deit-teacher-in-file']!
  for (const prefix of ['model.', 'a.b.', 'x/']) {
    const wrapped = Object.entries(file).map(([name, shape]) => [prefix + name, numbers(name, shape)] as const)
    assert.deepEqual(digests(toCanonical(new Map(wrapped), 'f').tensors), sorted(canonical), prefix)
  }
})

test('a tower of timm in an open_clip checkpoint', () => {
  const { file, canonical } = cases.timm!
  const tensors = Object.entries(file).map(([name, shape]) => [`visual.trunk.${name}`, numbers(name, shape)] as const)
  const text = ['text.transformer.resblocks.0.ln_1.weight', 'logit_scale', 'logit_bias'] as const
  const result = toCanonical(new Map([...tensors, ...text.map((name) => [name, numbers(name, [1])] as const)]), 'f')
  assert.deepEqual(digests(result.tensors), sorted(canonical))
  assert.deepEqual(result.dropped, text)
  assert.deepEqual(result.notes, ['left out the text tower (3 tensors)'])
})

test('a backbone of DINOv2 with the linear head of its authors', () => {
  const { file, canonical } = cases['dinov2-original']!
  const read = Object.entries(file).map(([name, shape]) => [`backbone.${name}`, numbers(name, shape)] as const)
  const head = { 'linear_head.weight': zeros(3, 16), 'linear_head.bias': zeros(3) }
  const { tensors } = toCanonical(new Map([...read, ...Object.entries(head)]), 'f')
  const expected = { ...canonical, 'head.weight': digest(zeros(3, 16)), 'head.bias': digest(zeros(3)) }
  assert.deepEqual(digests(tensors), sorted(expected))
})

test('fifty thousand names are looked up in no time', () => {
  const many = (...ends: string[]) =>
    new Map(ends.flatMap((end) => Array.from({ length: 25_000 }, (_, i) => [`x${i}.${end}`, zeros(1)] as const)))
  const start = performance.now()
  assert.throws(() => toCanonical(many('conv1.weight', 'resblocks.'), 'f'), /more than one/)
  assert.throws(() => toCanonical(many('conv1.weight', 'conv2.weight'), 'f'), /no Vision Transformer/)
  assert.throws(() => toCanonical(many('patch_embed.proj.weight'), 'f'), /more than one/)
  const dropped = many('weight', 'bias')
  const text = [...dropped].map(([name, value]) => [`text.${name}`, value] as const)
  assert.equal(toCanonical(new Map([...tensorsOf(cases.timm!), ...text]), 'f').dropped.length, 50_000)
  assert(performance.now() - start < 5000)
})

test('what need not be copied is a view of the file', () => {
  const read = tensorsOf(cases['vit-in-file']!)
  const { tensors, merged, transposed } = toCanonical(read, 'f')
  assert.equal(
    tensors.get('blocks.1.mlp.fc1.weight')!.data,
    read.get('vit.encoder.layer.1.intermediate.dense.weight')!.data,
  )
  assert.deepEqual(merged.length, 4)
  assert.deepEqual(transposed, [])
  const written = fromCanonical(tensors, 'vit').get('vit.encoder.layer.0.attention.attention.key.weight')!
  assert.equal(written.data.buffer, tensors.get('blocks.0.attn.qkv.weight')!.data.buffer)
})

test('half precision becomes float32, and what is not matched may be of any type', () => {
  const read = tensorsOf(cases.torchvision!)
  read.set('encoder.ln.weight', { dtype: 'bfloat16', shape: [8], data: new Uint16Array(8).fill(0x3fc0) })
  read.set('counter', tensor('int64', [1]))
  const { tensors, unexpected } = toCanonical(read, 'f')
  assert.deepEqual(tensors.get('norm.weight'), tensor('float32', Array(8).fill(1.5)))
  assert.deepEqual(unexpected, ['counter'])
})

const changed = (name: string, changes: Record<string, Tensor | undefined>) => {
  const tensors = tensorsOf(cases[name]!)
  for (const [key, value] of Object.entries(changes)) value ? tensors.set(key, value) : tensors.delete(key)
  return tensors
}
const query = 'vit.encoder.layer.0.attention.attention.query.weight'
const zeros = (...shape: number[]) => tensor('float32', Array(elementCount(shape)).fill(0), shape)
const refused: [what: string, tensors: Map<string, Tensor>, message: RegExp][] = [
  ['nothing', new Map(), /^f holds no Vision Transformer that Vitrine knows \(it has 0 tensors\): choose/],
  ['another network', new Map([['conv1.weight', zeros(1)]]), /\(it has 1 tensors, such as conv1\.weight\)/],
  [
    'two models',
    new Map([...tensorsOf(cases['vit-in-file']!), ...tensorsOf(cases.torchvision!)]),
    /^f holds more than one Vision Transformer \(vit\.embeddings\S+, conv_proj\.weight\): save/,
  ],
  [
    'two names for one',
    changed('vit-in-file', { 'vit.layers.0.mlp.fc1.weight': zeros(16, 8) }),
    /^f holds both .*same weights \(blocks\.0\.mlp\.fc1\.weight\)/,
  ],
  [
    'two spellings of a part',
    changed('vit-in-file', { 'vit.layers.0.attention.q_proj.weight': zeros(8, 8) }),
    /^f holds both .*query.* and .*q_proj/,
  ],
  [
    'a part and the whole',
    changed('timm', { 'blocks.0.mlp.fc1_g.bias': zeros(8) }),
    /^f holds both blocks\.0\.mlp\.fc1/,
  ],
  ['a missing part', changed('vit-in-file', { [query]: undefined }), /^f holds vit.*key\.weight, but not all/],
  ['parts of other shapes', changed('vit-in-file', { [query]: zeros(4, 8) }), /do not fit together/],
  ['parts of numbers', changed('vit-in-file', { [query]: zeros() }), /do not fit together/],
  ['thirds of eight', changed('siglip-vision', { 'head.attention.in_proj_weight': zeros(8, 8) }), /no 3 equal parts/],
  ['thirds of nothing', changed('siglip-vision', { 'head.attention.in_proj_weight': zeros(0, 8) }), /no 3 equal parts/],
  [
    'a kernel of three axes',
    changed('vit-jax', { 'embedding/kernel': zeros(4, 4, 8) }),
    /embedding\/kernel with the shape \[4,4,8\], but it should have 4 axes/,
  ],
  ['a token of three axes', changed('openclip', { 'visual.class_embedding': zeros(1, 1, 8) }), /it should have 1 axes/],
  ['integers', changed('timm', { 'norm.weight': tensor('int8', [1]) }), /^f holds norm\.weight as int8/],
  [
    'endless layers',
    changed('big-vision-scan', { 'params/Transformer/encoderblock/LayerNorm_0/scale': zeros(2 ** 52, 0) }),
    /which are no layers/,
  ],
  [
    'stacked layers beside others',
    changed('big-vision-scan', { 'params/Transformer/encoderblock_0/LayerNorm_0/scale': zeros(8) }),
    /twice/,
  ],
  ['positions of another width', changed('dinov2-original', { pos_embed: zeros(1, 5, 4) }), /do not fit together/],
  ['no positions', changed('dinov2-original', { pos_embed: zeros(1, 0, 8) }), /do not fit together/],
  ['a classifier on CLIP', changed('clip-vision', { 'classifier.weight': zeros(3, 8) }), /CLIPForImageClassification/],
]
for (const [what, tensors, message] of refused) {
  test(`${what}: refused in one sentence`, () => {
    assert.throws(
      () => toCanonical(tensors, 'f'),
      (error) => {
        assert(error instanceof UserError, String(error))
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('shapes of nothing are turned at once', () => {
  const read = changed('vit-jax', { 'head/kernel': zeros(2 ** 50, 0) })
  assert.deepEqual(toCanonical(read, 'f').tensors.get('head.weight')!.shape, [0, 2 ** 50])
})

test('layers that are no numbers, and names of nothing, are unexpected', () => {
  const names = [
    'blocks.00.norm1.weight',
    'blocks.99999.norm1.weight',
    'blocks.-1.norm1.weight',
    '',
    '__proto__',
    'cls_token.weight',
  ]
  const read = changed('timm', Object.fromEntries(names.map((name) => [name, zeros(8)])))
  read.set('__proto__', zeros(8))
  assert.deepEqual(toCanonical(read, 'f').unexpected.sort(), [...names].sort())
})

const withoutPlace: [string, Target, RegExp][] = [
  ['timm', 'vit', /^Hugging Face's vit has no place for reg_token: write the model for timm instead$/],
  ['timm-map', 'vit', /no place for 0 tokens before the patches, but for 1/],
  ['timm-distilled', 'torchvision', /^torchvision has no place for 2 tokens before the patches, but for 1/],
  ['dinov2-swiglu-in-file', 'vit', /no place for a SwiGLU/],
  ['vit-in-file', 'clip_vision_model', /no place for \S+\.bias:/],
]
for (const [name, target, message] of withoutPlace) {
  test(`${name} does not go into ${target}`, () => {
    const { tensors } = toCanonical(tensorsOf(cases[name]!), 'f')
    assert.throws(() => fromCanonical(tensors, target), { name: 'UserError', message })
  })
}
