import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ops, string, type Value } from '../../onnx/index.js'
import { foundIn, onlyPart } from '../../testing/found-parts.js'

const { add, cast, div, erf, mul, pow, sigmoid, sub, tanh } = ops

const inner = (x: Value) => mul(0.7978845608, add(x, mul(0.044715, pow(x, 3))))
const gelus: Record<string, [string, (x: Value) => Value]> = {
  'PyTorch, before opset 20': ['none', (x) => mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.5)],
  dynamo: ['none', (x) => mul(x, mul(0.5, add(1, erf(mul(x, Math.SQRT1_2)))))],
  'half of x first': ['none', (x) => mul(mul(0.5, x), add(erf(div(x, Math.SQRT2)), 1))],
  'a sum of two products': ['none', (x) => add(mul(x, 0.5), mul(mul(x, 0.5), erf(div(x, Math.SQRT2))))],
  'a quotient by 2': ['none', (x) => div(mul(x, add(1, erf(div(x, Math.SQRT2)))), 2)],
  'half in the gate': ['none', (x) => mul(x, add(0.5, mul(erf(mul(Math.SQRT1_2, x)), 0.5)))],
  'constants as float16 has them': ['none', (x) => mul(mul(x, add(erf(div(x, 1.4140625)), 1)), 0.5)],
  'casts in between': [
    'none',
    (x) => mul(mul(x, cast(add(erf(div(cast(x, 'float32'), Math.SQRT2)), 1), 'float32')), 0.5),
  ],
  tanh: ['tanh', (x) => mul(mul(0.5, x), add(1, tanh(inner(x))))],
  'tanh, with x as a factor and a product for the cube': [
    'tanh',
    (x) => mul(mul(x, 0.5), add(tanh(mul(mul(x, 0.7978845608), add(1, mul(0.044715, mul(x, x))))), 1)),
  ],
  'tanh, both powers scaled': [
    'tanh',
    (x) => mul(0.5, mul(x, add(1, tanh(add(mul(0.7978845608, x), mul(0.0356774081, mul(mul(x, x), x))))))),
  ],
  quick: ['quick', (x) => mul(x, sigmoid(mul(1.702, x)))],
  'quick, the other way round': ['quick', (x) => mul(sigmoid(mul(x, 1.702)), x)],
}
for (const [what, [approximate, build]] of Object.entries(gelus))
  test(`GELU: ${what}`, () => {
    const part = onlyPart('gelu', (x) => build(tanh(x)))
    assert.deepEqual(part.details, { approximate, form: 'decomposed' })
    assert.equal(part.inputs[0]!.producer!.op, 'Tanh')
    assert.ok(!part.nodes.includes(part.inputs[0]!.producer!))
  })

test('GELU as one node', () => {
  const one = (approximate: string) => (x: Value) => x.graph.emit('Gelu', [x], { approximate: string(approximate) })[0]!
  for (const approximate of ['none', 'tanh'])
    assert.deepEqual(onlyPart('gelu', one(approximate), { opset: 20 }).details, { approximate, form: 'Gelu' })
})

test('SiLU', () => {
  assert.equal(onlyPart('silu', (x) => mul(sigmoid(x), x)).details.form, 'decomposed')
})

const noGelus: Record<string, (x: Value) => Value> = {
  'another divisor': (x) => mul(mul(x, add(erf(div(x, 1.42)), 1)), 0.5),
  'another factor': (x) => mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.51),
  'no factor': (x) => mul(x, add(erf(div(x, Math.SQRT2)), 1)),
  'another sum': (x) => mul(mul(x, add(erf(div(x, Math.SQRT2)), 1.01)), 0.5),
  'a difference': (x) => mul(mul(x, sub(1, erf(div(x, Math.SQRT2)))), 0.5),
  'another x': (x) => mul(mul(x, add(erf(div(tanh(x), Math.SQRT2)), 1)), 0.5),
  'an offset in the argument': (x) => mul(mul(x, add(erf(add(div(x, Math.SQRT2), 0.1)), 1)), 0.5),
  'another cubic coefficient': (x) => mul(mul(0.5, x), add(1, tanh(mul(0.7978845608, add(x, mul(0.0448, pow(x, 3))))))),
  'a square for the cube': (x) => mul(mul(0.5, x), add(1, tanh(mul(0.7978845608, add(x, mul(0.044715, pow(x, 2))))))),
  'another slope of the sigmoid': (x) => mul(x, sigmoid(mul(1.71, x))),
}
for (const [what, build] of Object.entries(noGelus))
  test(`no GELU: ${what}`, () => assert.deepEqual(foundIn(['gelu', 'silu'], build), []))
