import assert from 'node:assert/strict'
import { test } from 'node:test'
import { float, int, ops, type Value } from '../../onnx/index.js'
import { constant, dim, foundIn, onlyPart, weight } from '../../testing/found-parts.js'

const { add, cast, div, identity, mul, pow, reciprocal, reduceMean, sqrt, sub, tanh } = ops

const squares: Record<string, (d: Value) => Value> = {
  'a power': (d) => pow(d, 2),
  'a power, by a Constant node': (d) => pow(d, constant(d, 2)),
  'a product': (d) => mul(d, d),
}
const quotients: Record<string, (d: Value, variance: Value) => Value> = {
  'Sqrt, Div': (d, variance) => div(d, sqrt(variance)),
  'Sqrt, Reciprocal, Mul': (d, variance) => mul(d, reciprocal(sqrt(variance))),
  'Mul first': (d, variance) => mul(reciprocal(sqrt(variance)), d),
  '1 / Sqrt': (d, variance) => mul(d, div(constant(d, 1), sqrt(variance))),
  'Pow -0.5': (d, variance) => mul(d, pow(variance, -0.5)),
  'Pow 0.5': (d, variance) => div(d, pow(variance, 0.5)),
}

function norm(x: Value, { square = squares['a power']!, quotient = quotients['Sqrt, Div']!, eps = 1e-6, of = x } = {}) {
  const d = sub(x, reduceMean(x, [-1]))
  const variance = reduceMean(square(of === x ? d : sub(of, reduceMean(of, [-1]))), [-1])
  return quotient(d, eps ? add(constant(x, eps), variance) : variance)
}
const affine = (x: Value) => add(weight(x, dim), mul(weight(x, dim), x))

for (const [square, squareOf] of Object.entries(squares))
  for (const [quotient, quotientOf] of Object.entries(quotients))
    test(`LayerNorm with the square as ${square} and the quotient as ${quotient}`, () => {
      const part = onlyPart('layerNorm', (x) => affine(norm(x, { square: squareOf, quotient: quotientOf })))
      assert.deepEqual(part.details, { epsilon: Math.fround(1e-6), axes: 1, form: 'decomposed' })
      assert.deepEqual(Object.keys(part.weights), ['weight', 'bias'])
      assert.deepEqual(
        part.inputs.map(({ name }) => name),
        ['x'],
      )
    })

test('LayerNorm without weight or bias, and with none', () => {
  assert.deepEqual(Object.keys(onlyPart('layerNorm', (x) => mul(norm(x), weight(x, dim))).weights), ['weight'])
  assert.deepEqual(onlyPart('layerNorm', (x) => norm(x)).weights, {})
})

test('LayerNorm without epsilon has 0 for it', () => {
  assert.equal(onlyPart('layerNorm', (x) => affine(norm(x, { eps: 0 }))).details.epsilon, 0)
})

test('LayerNorm that computes the difference to the mean twice', () => {
  onlyPart('layerNorm', (x) => affine(norm(x, { of: identity(x) })))
})

test('LayerNorm of a float16 model, in float32 and in float16', () => {
  const outside = onlyPart('layerNorm', (x) => cast(affine(norm(cast(x, 'float32'))), 'float16'), { dtype: 'float16' })
  assert.equal(outside.nodes.length, 9)
  onlyPart('layerNorm', (x) => affine(norm(x, { square: (d) => cast(pow(cast(d, 'float32'), 2), 'float32') })))
})

const emit = (x: Value, op: string, ...inputs: Value[]) => x.graph.emit(op, inputs)[0]!

test('LayerNorm by the moments of x, as Flax has it', () => {
  const build = (x: Value) => {
    const mean = reduceMean(x, [-1])
    const variance = sub(reduceMean(mul(x, x), [-1]), mul(mean, mean))
    const kept = emit(x, 'Max', variance, constant(x, 0))
    return affine(div(sub(x, mean), sqrt(add(kept, constant(x, 1e-6)))))
  }
  assert.equal(onlyPart('layerNorm', build).nodes.length, 12)
})

const keras = (x: Value, { other = x, negate = true } = {}) => {
  const mean = emit(x, 'GlobalAveragePool', x)
  const d = sub(x, mean)
  const variance = emit(x, 'GlobalAveragePool', mul(d, d))
  const scale = mul(reciprocal(sqrt(add(variance, constant(x, 1e-3)))), weight(x, 1, 1, dim))
  const bias = weight(x, 1, 1, dim)
  const shift = negate ? add(mul(emit(x, 'Neg', mean), scale), bias) : sub(bias, mul(mean, scale))
  return add(mul(other, scale), shift)
}

test('LayerNorm multiplied out, as Keras has it', () => {
  for (const negate of [true, false]) {
    const part = onlyPart('layerNorm', (x) => keras(x, { negate }))
    assert.deepEqual(part.details, { epsilon: Math.fround(1e-3), axes: 1, form: 'decomposed' })
    assert.deepEqual(Object.keys(part.weights), ['weight', 'bias'])
  }
  assert.deepEqual(
    foundIn(['layerNorm', 'rmsNorm'], (x) => keras(x, { other: tanh(x) })),
    [],
  )
})

test('LayerNorm whose values are quantized on the way', () => {
  const eighths = (x: Value) => {
    const [scale, zero] = [constant(x, 1 / 8), x.graph.constant('uint8', [128])]
    return emit(x, 'DequantizeLinear', emit(x, 'QuantizeLinear', x, scale, zero), scale, zero)
  }
  const epsilon = (x: Value) => emit(x, 'DequantizeLinear', x.graph.constant('uint8', 255), constant(x, 1e-6 / 255))
  const build = (x: Value) => {
    const d = eighths(sub(x, eighths(reduceMean(x, [-1]))))
    const variance = eighths(reduceMean(mul(d, d), [-1]))
    return affine(eighths(div(d, eighths(sqrt(eighths(add(variance, epsilon(x))))))))
  }
  const { details } = onlyPart('layerNorm', (x) => build(eighths(x)))
  assert.ok(Math.abs(Number(details.epsilon) - 1e-6) < 1e-9)
})

test('LayerNorm over several axes', () => {
  const whole = (x: Value) => {
    const d = sub(x, reduceMean(x, [1, 2]))
    return div(d, sqrt(add(reduceMean(mul(d, d), [-1, -2]), 1e-5)))
  }
  assert.equal(onlyPart('layerNorm', whole).details.axes, 2)
})

test('LayerNorm as one node, with bias and without', () => {
  const one = (x: Value, ...inputs: Value[]) =>
    x.graph.emit('LayerNormalization', [x, ...inputs], { axis: int(-1), epsilon: float(1e-12) })[0]!
  const part = onlyPart('layerNorm', (x) => one(x, weight(x, dim), weight(x, dim)))
  assert.deepEqual(part.details, { epsilon: 1e-12, axes: 1, form: 'LayerNormalization' })
  assert.deepEqual(Object.keys(onlyPart('layerNorm', (x) => one(x, weight(x, dim))).weights), ['weight'])
})

const noNorms: Record<string, (x: Value) => Value> = {
  'the variance of something else': (x) => affine(norm(x, { of: tanh(x) })),
  'an axis that is not the last': (x) => {
    const d = sub(x, reduceMean(x, [1]))
    return div(d, sqrt(add(reduceMean(mul(d, d), [1]), 1e-6)))
  },
  'a cube': (x) => norm(x, { square: (d) => pow(d, 3) }),
  'no root': (x) => norm(x, { quotient: (d, variance) => div(d, variance) }),
  'a product with the root': (x) => norm(x, { quotient: (d, variance) => mul(d, sqrt(variance)) }),
  'the quotient the other way round': (x) => norm(x, { quotient: (d, variance) => div(sqrt(variance), d) }),
  'x in place of x - mean': (x) => {
    const d = sub(x, reduceMean(x, [-1]))
    return div(x, sqrt(add(reduceMean(mul(d, d), [-1]), 1e-6)))
  },
  'an epsilon of 1': (x) => norm(x, { eps: 1 }),
  'a result on the way that something else needs': (x) => {
    const d = sub(x, reduceMean(x, [-1]))
    return add(div(d, sqrt(add(reduceMean(mul(d, d), [-1]), 1e-6))), d)
  },
}
for (const [what, build] of Object.entries(noNorms))
  test(`no norm: ${what}`, () => assert.deepEqual(foundIn(['layerNorm', 'rmsNorm'], build), []))

const otherDifferences: Record<string, (x: Value) => Value> = {
  'the sum with the mean': (x) => add(x, reduceMean(x, [-1])),
  'the difference to the mean over another axis': (x) => sub(x, reduceMean(x, [1])),
}
for (const [what, difference] of Object.entries(otherDifferences))
  test(`${what} is normalized by RMSNorm, and not by LayerNorm`, () => {
    const build = (x: Value) => {
      const d = difference(x)
      return div(d, sqrt(add(reduceMean(mul(d, d), [-1]), 1e-6)))
    }
    assert.deepEqual(
      foundIn(['layerNorm', 'rmsNorm'], build).map(({ kind }) => kind),
      ['rmsNorm'],
    )
  })

test('RMSNorm in its forms', () => {
  for (const square of Object.values(squares))
    for (const quotient of Object.values(quotients)) {
      const part = onlyPart('rmsNorm', (x) => {
        const mean = reduceMean(square(x), [-1])
        return mul(weight(x, dim), quotient(x, add(mean, 1e-5)))
      })
      assert.deepEqual(part.details, { epsilon: Math.fround(1e-5), axes: 1, form: 'decomposed' })
      assert.deepEqual(Object.keys(part.weights), ['weight'])
    }
})

test('no RMSNorm: the mean of something else', () => {
  assert.deepEqual(
    foundIn(['rmsNorm', 'layerNorm'], (x) => div(x, sqrt(add(reduceMean(pow(tanh(x), 2), [-1]), 1e-5)))),
    [],
  )
})
