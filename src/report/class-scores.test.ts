import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classScores, confusedPairs } from './class-scores.js'

// Eight cats, of which two are taken for dogs; four dogs, of which one is taken for a cat; no fish, but one answer.
const classes = ['cat', 'dog', 'fish']
const confusion = [
  [6, 2, 0],
  [1, 2, 1],
  [0, 0, 0],
]

test('recall and precision of each class', () => {
  assert.deepEqual(classScores(classes, confusion), [
    { label: 'cat', count: 8, recall: 6 / 8, precision: 6 / 7 },
    { label: 'dog', count: 4, recall: 2 / 4, precision: 2 / 4 },
    { label: 'fish', count: 0, recall: undefined, precision: 0 },
  ])
})

test('mistakes, the commonest first and then by share', () => {
  assert.deepEqual(confusedPairs(classes, confusion, 10), [
    { label: 'cat', predicted: 'dog', count: 2, share: 2 / 8 },
    { label: 'dog', predicted: 'cat', count: 1, share: 1 / 4 },
    { label: 'dog', predicted: 'fish', count: 1, share: 1 / 4 },
  ])
  assert.equal(confusedPairs(classes, confusion, 1).length, 1)
})
