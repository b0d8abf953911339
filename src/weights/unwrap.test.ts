import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { type Tensor, tensor } from '../onnx/tensor.js'
import { LazyTensor } from './lazy-tensor.js'
import { stripPrefixes } from './prefixes.js'
import { unwrap } from './unwrap.js'

class Known extends LazyTensor {
  constructor(readonly shape: number[]) {
    super()
  }

  protected async load(): Promise<Tensor> {
    return tensor('float32', [], this.shape)
  }
}

const weight = new Known([2])
const scalar = new Known([])
const dict = (entries: Record<string, unknown>) => new Map<unknown, unknown>(Object.entries(entries))
const weights = dict({ 'head.weight': weight })
const other = dict({ 'other.weight': new Known([3]) })

const found: [what: string, value: unknown, names: string[], notes: string[]][] = [
  ['a state dict', weights, ['head.weight'], []],
  ['one among settings', dict({ a: weight, b: 1, c: 'x' }), ['a'], ['left out b, c, which are no tensors']],
  ['pairs of Paddle', dict({ a: ['linear_0.w_0', weight], 'StructuredToParameterName@@': dict({}) }), ['a'], []],
  [
    'wrappers in wrappers',
    dict({ state_dict: dict({ model: weights }) }),
    ['head.weight'],
    ['took the weights under state_dict/model'],
  ],
  [
    'a wrapper beside a tensor',
    dict({ loss: new Known([1]), model: weights }),
    ['head.weight'],
    ['took the weights under model, not loss'],
  ],
  [
    'a wrapper beside a scalar',
    dict({ best: scalar, mine: weights }),
    ['head.weight'],
    ['took the weights under mine, not best'],
  ],
  [
    'an average beside the model',
    dict({ model: other, model_ema: weights }),
    ['head.weight'],
    ['took the weights under model_ema, not model'],
  ],
  [
    'an average without weights',
    dict({ model: weights, ema: dict({ decay: 0.9 }) }),
    ['head.weight'],
    ['took the weights under model, not ema'],
  ],
  [
    'the teacher of a distilled model',
    dict({ teacher: other, model: weights }),
    ['head.weight'],
    ['took the weights under model, not teacher'],
  ],
  [
    'an optimizer beside',
    dict({ optimizer_state: other, mine: weights }),
    ['head.weight'],
    ['took the weights under mine, not optimizer_state'],
  ],
  [
    'a dict twice',
    dict({ x: dict({ y: 1 }), model: weights, module: weights }),
    ['head.weight'],
    ['took the weights under model, not x, module'],
  ],
  ['a teacher without a backbone', dict({ teacher: weights }), ['head.weight'], ['took the weights under teacher']],
]
for (const [what, value, names, notes] of found) {
  test(`${what} is found`, () => {
    const result = unwrap(value, 'f')
    assert.deepEqual([...result.tensors.keys()], names)
    assert.equal(result.tensors.get(names[0]!), weight)
    assert.deepEqual(result.notes, notes)
  })
}

const lost: [what: string, value: unknown, message: RegExp][] = [
  ['a number', 5, /^f holds no weights .*no dict of tensors/],
  ['a list of tensors', [weight], /no dict of tensors/],
  ['only scalars', dict({ epoch: scalar }), /its entries are epoch\)/],
  ['two dicts, neither of which says what it is', dict({ a: weights, b: other }), /its entries are a, b\)/],
  ['only an optimizer', dict({ optimizer: other }), /its entries are optimizer\)/],
  ['many entries', dict({ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 }), /are a, b, c, d and 3 more\)/],
]
for (const [what, value, message] of lost) {
  test(`${what}: one sentence says so`, () => {
    assert.throws(
      () => unwrap(value, 'f'),
      (error) => error instanceof UserError && message.test(error.message),
    )
  })
}

test('a dict that holds itself under every name is searched once', () => {
  const names = [
    'model',
    'state_dict',
    'ema',
    'module',
    'net',
    'params',
    'teacher',
    'student',
    'model_state',
    'weights',
  ]
  const hostile = new Map<unknown, unknown>(Array.from({ length: 10_000 }, (_, i) => [`setting ${i}`, i]))
  for (const name of names) hostile.set(name, hostile)
  const start = performance.now()
  assert.throws(() => unwrap(hostile, 'f'), UserError)
  assert(performance.now() - start < 1000)
})

const prefixed: [names: string[], stripped: string[], notes: string[]][] = [
  [['module.cls_token', 'module.head.weight'], ['cls_token', 'head.weight'], ['removed module. from the names']],
  [['module.a.b', 'n_averaged'], ['a.b', 'n_averaged'], ['removed module. from the names']],
  [['module.a.b', 'head.weight'], ['module.a.b', 'head.weight'], []],
  [['blocks._orig_mod.0.w', 'x'], ['blocks.0.w', 'x'], ['removed _orig_mod. from the names']],
  [
    ['_orig_mod.module.model.a.b'],
    ['a.b'],
    ['removed _orig_mod. from the names', 'removed module. from the names', 'removed model. from the names'],
  ],
  // Two tensors would have one name.
  [['module.a', 'a'], ['module.a', 'a'], []],
  [['_orig_mod.a', 'a'], ['_orig_mod.a', 'a'], []],
  [['cls_token'], ['cls_token'], []],
  [[], [], []],
]
for (const [names, stripped, wanted] of prefixed) {
  test(`prefixes of ${names.join(', ')}`, () => {
    const notes: string[] = []
    const result = stripPrefixes(new Map(names.map((name, i) => [name, i])), notes)
    assert.deepEqual(
      [...result],
      stripped.map((name, i) => [name, i]),
    )
    assert.deepEqual(notes, wanted)
  })
}
