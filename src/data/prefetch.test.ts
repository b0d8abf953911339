import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { prefetch } from './prefetch.js'

test('yields the items from start to end, in order', async () => {
  const items = []
  for await (const item of prefetch(2, 6, async (i) => i * i)) items.push(item)
  assert.deepEqual(items, [4, 9, 16, 25])
  for await (const _ of prefetch(3, 3, async () => assert.fail())) assert.fail()
})

test('makes the next item, and no more, while the caller works on one', async () => {
  const made: number[] = []
  const items = prefetch(0, 5, async (i) => made.push(i))
  assert.deepEqual(made, [])
  await items.next()
  await sleep(5)
  assert.deepEqual(made, [0, 1])
  await items.next()
  await sleep(5)
  assert.deepEqual(made, [0, 1, 2])
  await items.return()
})

test('a failure comes when its turn comes, after the items before it', async () => {
  const items = prefetch(0, 3, async (i) => {
    if (i === 1) throw new Error('item 1')
    return i
  })
  assert.deepEqual(await items.next(), { value: 0, done: false })
  await sleep(5) // an unhandled rejection would fail the test here
  await assert.rejects(items.next(), { message: 'item 1' })
  assert.deepEqual(await items.next(), { value: undefined, done: true })
})

test('closing aborts the item in the making and waits for it', async () => {
  let settled = false
  const items = prefetch(0, 3, async (i, signal) => {
    if (i === 0) return i
    while (!signal.aborted) await sleep(1)
    await sleep(5)
    settled = true
    throw signal.reason
  })
  for await (const _ of items) break
  assert.ok(settled)
})
