import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warnOfCopies } from './copies.js'

const sample = (path: string, label: number) => ({ path, label })
const digests = new Map([
  ['a/1', 'one'],
  ['a/2', 'two'],
  ['b/1', 'one'],
  ['b/3', 'three'],
  ['a/4', 'two'],
])
const warn = (train: ReturnType<typeof sample>[], validation: ReturnType<typeof sample>[]) =>
  warnOfCopies(['a', 'b'], { train, validation }, digests)

test('different pictures are nothing to warn of, nor copies within a part and a class', () => {
  assert.deepEqual(warn([sample('a/1', 0), sample('a/2', 0), sample('a/4', 0)], [sample('b/3', 1)]), [])
})

test('copies in both parts are told, also where it is the same file', () => {
  assert.deepEqual(warn([sample('a/1', 0), sample('a/2', 0)], [sample('a/4', 0), sample('a/1', 0), sample('b/3', 1)]), [
    '2 validation pictures are among the training pictures too, the first being a/4, a copy of a/2: the model is judged by what it has seen',
  ])
  assert.deepEqual(warn([sample('a/1', 0)], [sample('a/1', 0)]), [
    '1 validation picture is among the training pictures too, the first being a/1: the model is judged by what it has seen',
  ])
})

test('copies in two classes are told', () => {
  assert.deepEqual(warn([sample('a/1', 0), sample('a/2', 0), sample('b/1', 1)], []), [
    '1 picture is in two classes, the first being a/1 in "a" and b/1 in "b"',
  ])
})
