import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addDims,
  bindDim,
  type Dim,
  divideDims,
  floorDivideDim,
  formatShape,
  isStatic,
  multiplyDims,
  staticShape,
  subtractDims,
} from './index.js'

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

test('sums and quotients rounded down have one canonical form too', () => {
  assert.equal(addDims('tokens', 1), 'tokens + 1')
  assert.equal(subtractDims('tokens + 1', 'tokens'), 1)
  assert.equal(subtractDims(0, 'n'), '-n')
  assert.equal(multiplyDims(['tokens + 1', 'batch', 4]), '4*batch*tokens + 4*batch')
  assert.equal(divideDims('4*batch*tokens + 4*batch', 'tokens + 1'), '4*batch')
  assert.equal(divideDims('4*batch*tokens + 3*batch', 'tokens + 1'), undefined)
  // A convolution of 16 by steps of 16, and a division: the same number of patches.
  const patches = addDims(floorDivideDim(addDims('height', -16), 16), 1)
  assert.equal(patches, 'floor(height/16)')
  assert.equal(floorDivideDim('height', 16), patches)
  assert.equal(floorDivideDim(floorDivideDim('n - 1', 2), 3), 'floor((n + 5)/6) - 1')
  assert.equal(floorDivideDim(multiplyDims(['batch', 32]), 16), '2*batch')
  assert.equal(bindDim(multiplyDims([patches, 'floor(width/16)']), { height: 224, width: 232 }), 196)
})

test('what exporters write for a size is a symbol or a sum of them', () => {
  assert.equal(subtractDims('s0 + 1', 1), 's0')
  assert.equal(bindDim('s0*s1 + 1', { s0: 2, s1: 3 }), 7)
  for (const odd of ['unk__12', 'batch-size', 'Max(1, s0 + 2)', '/a/Shape_1*', 's0//16', 'a(b'])
    assert.equal(divideDims(multiplyDims([3, odd]), multiplyDims([1, odd])), 3, odd)
})

test('a size that grows without bound stays short, and is the same for the same computation', () => {
  const grow = () =>
    Array.from({ length: 50 }).reduce((dim: Dim) => multiplyDims([addDims(dim, 'a'), addDims(dim, 'b')]), 'x')
  assert.ok(String(grow()).length < 1000)
  assert.equal(grow(), grow())
})

test('shapes are told apart by whether all sizes are numbers', () => {
  assert.equal(formatShape(['batch', 197, 192]), '[batch, 197, 192]')
  assert.equal(isStatic([2, 3]), true)
  assert.equal(isStatic([2, 'n']), false)
  assert.deepEqual(staticShape([2, 3]), [2, 3])
  assert.throws(() => staticShape([2, 'batch']), /\[2, batch\] has the symbol batch/)
})
