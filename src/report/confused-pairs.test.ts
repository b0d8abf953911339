import assert from 'node:assert/strict'
import { test } from 'node:test'
import { confusedPairs } from './confused-pairs.js'

// Eight cats, of which two are taken for dogs; four dogs, of which one is taken for a cat; no fish, but one answer.
const classes = ['cat', 'dog', 'fish']
const confusion = [
  [6, 2, 0],
  [1, 2, 1],
  [0, 0, 0],
]

test('mistakes, the commonest first and then by share', () => {
  assert.deepEqual(confusedPairs(classes, confusion, 10), [
    { label: 'cat', predicted: 'dog', count: 2, share: 2 / 8 },
    { label: 'dog', predicted: 'cat', count: 1, share: 1 / 4 },
    { label: 'dog', predicted: 'fish', count: 1, share: 1 / 4 },
  ])
  assert.equal(confusedPairs(classes, confusion, 1).length, 1)
})
