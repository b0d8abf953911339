import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formulasInMathml } from './formulas.js'
import { mathml } from './mathml.js'

test('fractions, roots, exponents and terms become MathML', () => {
  assert.equal(
    mathml(String.raw`y = \half{\frac{1}{2}} \sqrt{x^2}`),
    '<math display="block"><mi>y</mi><mo>=</mo><mrow data-term="half"><mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac></mrow>' +
      '<msqrt><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></msqrt></math>',
  )
})

test('an exponent after brackets is that of the brackets', () => {
  assert.equal(
    mathml('(x − μ)^2'),
    '<math display="block"><msup><mrow><mo>(</mo><mi>x</mi><mo>−</mo><mi>μ</mi><mo>)</mo></mrow><mn>2</mn></msup></math>',
  )
})

test('all formulas are well formed', () => {
  for (const [name, formula] of Object.entries(formulasInMathml)) {
    const open: string[] = []
    for (const [, end, tag] of formula.matchAll(/<(\/?)(\w+)[^>]*>/g))
      if (end) assert.equal(open.pop(), tag, name)
      else open.push(tag!)
    assert.deepEqual(open, [], name)
    assert.doesNotMatch(formula, /undefined|\\/, name)
  }
})
