import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ops, type Value } from '../../onnx/index.js'
import { dim, foundIn, weight } from '../../testing/found-parts.js'

const { add, concat, mul, neg, reshape, slice, split, tanh, unsqueeze } = ops

const functionsIn = (build: (x: Value) => Value) =>
  foundIn(['other'], build).flatMap(({ details }) => details.function ?? [])
const table = (x: Value) => weight(x, 5, dim)

function halves(x: Value): Value {
  const [first, second] = split(x, [dim / 2, dim / 2], 2) as [Value, Value]
  return concat([neg(second), first], 2)
}

function evenAndOdd(x: Value): Value {
  const every = (start: number) => unsqueeze(slice(x, [start], [dim], [2], [2]), [3])
  return reshape(concat([neg(every(1)), every(0)], 3), [0, 0, dim])
}

test('rotary position embedding, by halves and by even and odd features', () => {
  for (const turned of [halves, evenAndOdd])
    for (const build of [
      (x: Value) => add(mul(x, table(x)), mul(turned(x), table(x))),
      (x: Value) => add(mul(table(x), turned(x)), mul(x, table(x))),
    ])
      assert.deepEqual(functionsIn(build), ['rotary position embedding'])
})

const notRotary: Record<string, (x: Value) => Value> = {
  'nothing negated': (x) => add(mul(x, table(x)), mul(concat(split(x, [6, 6], 2).reverse(), 2), table(x))),
  'something else turned': (x) => add(mul(x, table(x)), mul(halves(tanh(x)), table(x))),
  'tables that depend on the input': (x) => add(mul(x, tanh(x)), mul(halves(x), tanh(x))),
  'nothing turned': (x) => add(mul(x, table(x)), mul(neg(x), table(x))),
}
for (const [what, build] of Object.entries(notRotary))
  test(`no rotary position embedding: ${what}`, () => assert.deepEqual(functionsIn(build), []))
