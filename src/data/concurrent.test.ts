import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mapConcurrently } from './concurrent.js'

test('results come in the order of the items, and no more than the limit run at once', async () => {
  let running = 0
  let most = 0
  const results = await mapConcurrently([30, 1, 20, 1, 10], 2, async (time, index) => {
    most = Math.max(most, ++running)
    await sleep(time)
    running--
    return [time, index]
  })
  assert.deepEqual(results, [
    [30, 0],
    [1, 1],
    [20, 2],
    [1, 3],
    [10, 4],
  ])
  assert.equal(most, 2)
})

test('after a failure nothing new begins, and what runs is waited for', async () => {
  const begun: number[] = []
  let finished = 0
  const run = mapConcurrently([0, 1, 2, 3], 2, async (item) => {
    begun.push(item)
    if (item === 0) throw new Error('first')
    await sleep(5)
    finished++
  })
  await assert.rejects(run, { message: 'first' })
  assert.deepEqual(begun, [0, 1])
  assert.equal(finished, 1)
})

test('an aborted signal stops it', async () => {
  const abort = new AbortController()
  const begun: number[] = []
  const work = async (item: number) => {
    begun.push(item)
    abort.abort()
  }
  await assert.rejects(mapConcurrently([0, 1, 2, 3], 1, work, abort.signal), { name: 'AbortError' })
  assert.deepEqual(begun, [0])
})

test('no items give no results', async () => {
  assert.deepEqual(await mapConcurrently([], 2, async () => assert.fail()), [])
})
