import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindDim, divideDims, formatShape, isStatic, multiplyDims, staticShape } from './index.js'

test('products of sizes have one canonical form', () => {
  assert.equal(multiplyDims([]), 1)
  assert.equal(multiplyDims([2, 3]), 6)
  assert.equal(multiplyDims(['batch', 197]), '197*batch')
  assert.equal(multiplyDims([2, '3*batch', 'a']), '6*a*batch')
  assert.equal(multiplyDims(['b', 'a', 'b']), 'a*b*b')
  assert.equal(multiplyDims([1, 'batch']), 'batch')
  assert.equal(multiplyDims(['batch', 0]), 0)
})

test('division undoes a product, and gives nothing where it does not come out even', () => {
  assert.equal(divideDims('197*batch', 197), 'batch')
  assert.equal(divideDims('197*batch', 'batch'), 197)
  assert.equal(divideDims('12*a*b', '4*b'), '3*a')
  assert.equal(divideDims(12, 5), undefined)
  assert.equal(divideDims('batch', 2), undefined)
  assert.equal(divideDims('batch', 'other'), undefined)
  assert.equal(divideDims('batch', 0), undefined)
})

test('binding replaces the symbols that it names', () => {
  assert.equal(bindDim('197*batch', { batch: 2 }), 394)
  assert.equal(bindDim('height*width', { width: 4 }), '4*height')
  assert.equal(bindDim('batch', {}), 'batch')
  assert.equal(bindDim(7, { batch: 2 }), 7)
})

test('shapes are told apart by whether all sizes are numbers', () => {
  assert.equal(formatShape(['batch', 197, 192]), '[batch, 197, 192]')
  assert.equal(isStatic([2, 3]), true)
  assert.equal(isStatic([2, 'n']), false)
  assert.deepEqual(staticShape([2, 3]), [2, 3])
  assert.throws(() => staticShape([2, 'batch']), /\[2, batch\] has the symbol batch/)
})
