import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { ViT } from '../../nn/index.js'
import { encodeModel, Graph, ops, type Tensor, tensor } from '../../onnx/index.js'
import type { Runtime } from '../session.js'
import { inlineRuntime, nodeRuntime } from './runtime.js'

const runtimes: [name: string, runtime: Runtime][] = [
  ['inline', inlineRuntime],
  ['worker', nodeRuntime],
]

const row = (...values: number[]) => tensor('float32', values, [1, values.length])
const numbers = (value: Tensor | undefined) => Array.from(value!.data as Float32Array)

/** y = 2·x for x [batch, 3]. */
function doubling(): Uint8Array {
  const graph = new Graph()
  graph.output('y', ops.mul(graph.input('x', 'float32', ['batch', 3]), 2))
  return encodeModel(graph)
}

/** Many products of large matrices: about a second of work for one thread. */
function heavy(): Uint8Array {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [1024, 1024])
  let y = x
  for (let i = 0; i < 24; i++) y = ops.mul(ops.matMul(y, x), 1 / 1024)
  graph.output('y', ops.reduceSum(y, [0, 1], false))
  return encodeModel(graph)
}

const heavyFeeds = () => ({
  x: { dtype: 'float32' as const, shape: [1024, 1024], data: new Float32Array(2 ** 20).fill(1) },
})

/** total' = 2·total + x, and two values that change places in every step. y is the old total. */
function accumulating() {
  const graph = new Graph()
  const [x, total] = [graph.input('x', 'float32', [1, 3]), graph.input('total', 'float32', [1, 3])]
  const [left, right] = [graph.input('left', 'float32', [2]), graph.input('right', 'float32', [2])]
  graph.output('total.new', ops.add(ops.mul(total, 2), x))
  graph.output('left.new', right)
  graph.output('right.new', left)
  graph.output('y', total)
  const initial = { total: row(1, 0, -1), left: tensor('float32', [1, 2]), right: tensor('float32', [3, 4]) }
  const entries = Object.entries(initial).map(([name, value]) => [name, { output: `${name}.new`, initial: value }])
  return { model: encodeModel(graph), state: Object.fromEntries(entries) }
}

test('state in one buffer goes around as state in two does', async () => {
  const { model, state } = accumulating()
  const inPlace = { ...state, total: { ...state.total!, inPlace: true } }
  const read = async (entries: typeof state) => {
    const session = await inlineRuntime.createSession(model, { state: structuredClone(entries) })
    for (let i = 0; i < 3; i++) await session.run({ x: row(1, 2, 3) })
    const after = await session.readState()
    await session.close()
    return after.total!.data
  }
  const [one, two] = [await read(inPlace), await read(state)]
  assert.deepEqual(one, two)
  assert.deepEqual(one, Float32Array.of(8 + 7, 14, -8 + 21))
})

test('a run that fails says why, with state too, and the next one works', async () => {
  const graph = new Graph()
  const [x, sum] = [graph.input('x', 'float32', ['any']), graph.input('sum', 'float32', [2])]
  graph.output('sum.new', ops.add(sum, x))
  const state = { sum: { output: 'sum.new', initial: tensor('float32', [1, 1]) } }
  const session = await inlineRuntime.createSession(encodeModel(graph), { state })
  await assert.rejects(session.run({ x: tensor('float32', [1, 2, 3]) }), /Add/)
  assert.deepEqual(await session.run({ x: tensor('float32', [1, 2]) }), {})
  assert.deepEqual((await session.readState()).sum!.data, Float32Array.of(2, 3))
  assert.deepEqual([session.inputNames, session.outputNames], [['x', 'sum'], ['sum.new']])
  await session.close()
})

test('state asks for results of a known size', async () => {
  const graph = new Graph()
  const [x, sum] = [graph.input('x', 'float32', ['any']), graph.input('sum', 'float32', [2])]
  graph.output('sum.new', ops.mul(sum, 2))
  graph.output('y', ops.mul(x, 2))
  const state = { sum: { output: 'sum.new', initial: tensor('float32', [1, 1]) } }
  const session = await inlineRuntime.createSession(encodeModel(graph), { state })
  await assert.rejects(session.run({ x: tensor('float32', [1, 2, 3]) }), /size of the output y is not fixed/)
  await session.close()
})

test('a worker computes what the thread itself computes', async () => {
  const model = encodeModel(
    new ViT({ imageSize: 32, patchSize: 8, embedDim: 24, depth: 2, numHeads: 3, numClasses: 5 }).build(new Graph()),
  )
  const results = await Promise.all(
    runtimes.map(async ([, runtime]) => {
      const session = await runtime.createSession(model)
      assert.deepEqual([session.inputNames, session.outputNames], [['pixel_values'], ['logits']])
      const pixels = Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(0.01 * i))
      const { logits } = await session.run({ pixel_values: tensor('float32', pixels, [2, 3, 32, 32]) })
      await session.close()
      return logits
    }),
  )
  assert.deepEqual(results[0]!.shape, [2, 5])
  assert.deepEqual(results[1], results[0])
})

test('the event loop goes on while a worker computes', async () => {
  const session = await nodeRuntime.createSession(heavy(), { threads: 1 })
  let last = performance.now()
  let longest = 0
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const started = performance.now()
  const timer = setInterval(tick, 10)
  await session.run(heavyFeeds())
  tick()
  clearInterval(timer)
  const elapsed = performance.now() - started
  assert.ok(elapsed > 250, `a run of ${elapsed} ms is too short to tell`)
  assert.ok(longest < 100, `the event loop stood still for ${longest} ms of ${elapsed}`)
  await session.close()
})

for (const [name, runtime] of runtimes) {
  test(`${name}: state goes around, and no buffer is read while it is written`, async () => {
    const { model, state } = accumulating()
    const session = await runtime.createSession(model, { state })
    let total = [1, 0, -1]
    const outputs: Tensor[] = []
    for (let i = 0; i < 7; i++) {
      const result = await session.run({ x: row(i, 1, 0) })
      assert.deepEqual(Object.keys(result), ['y'], 'the state stays inside')
      assert.deepEqual(numbers(result.y), total)
      outputs.push(result.y!)
      total = [2 * total[0]! + i, 2 * total[1]! + 1, 2 * total[2]!]
      const { left, right } = await session.readState()
      assert.deepEqual(
        [numbers(left), numbers(right)],
        i % 2 === 0
          ? [
              [3, 4],
              [1, 2],
            ]
          : [
              [1, 2],
              [3, 4],
            ],
      )
    }
    assert.deepEqual(numbers(outputs[0]), [1, 0, -1], 'an earlier result is not written over')
    const before = await session.readState()
    assert.deepEqual(numbers(before.total), total)
    await session.run({ x: row(0, 0, 0) })
    assert.deepEqual(numbers(before.total), total, 'what was read is a copy')
    await session.close()
  })

  test(`${name}: calls made at once are answered in their order`, async () => {
    const { model, state } = accumulating()
    const session = await runtime.createSession(model, { state })
    const results = await Promise.all([
      session.run({ x: row(1, 1, 1) }),
      session.run({ x: row(0, 0, 0) }),
      session.readState(),
    ])
    assert.deepEqual(numbers(results[0].y), [1, 0, -1])
    assert.deepEqual(numbers(results[1].y), [3, 1, -1])
    assert.deepEqual(numbers(results[2].total), [6, 2, -2])
    await session.close()
  })

  test(`${name}: a session without state has none`, async () => {
    const session = await runtime.createSession(doubling())
    assert.deepEqual(await session.readState(), {})
    await session.close()
  })

  test(`${name}: what is no model, or no state of it, is refused`, async () => {
    await assert.rejects(runtime.createSession(Uint8Array.of(1, 2, 3)), /Failed to load model/)
    await assert.rejects(runtime.createSession(new Uint8Array()), Error)
    const state = (input: string, output: string) => ({ state: { [input]: { output, initial: row(1, 2, 3) } } })
    await assert.rejects(runtime.createSession(doubling(), state('w', 'y')), /has no input w to keep as state/)
    await assert.rejects(runtime.createSession(doubling(), state('x', 'z')), /has no output z to keep as state/)
  })

  test(`${name}: a run with wrong inputs is refused, and the session goes on`, async () => {
    const session = await runtime.createSession(doubling())
    const mistakes: [Record<string, Tensor>, RegExp][] = [
      [{}, /input 'x' is missing/],
      [{ x: row(1, 2, 3, 4) }, /invalid dimensions for input: x[\s\S]*Got: 4 Expected: 3/],
      [{ x: tensor('float32', [1, 2, 3]) }, /Invalid rank for input: x Got: 1 Expected: 2/],
      [{ x: tensor('int64', [1, 2, 3], [1, 3]) }, /tensor\(int64\).*expected: \(tensor\(float\)\)/],
      [{ x: { ...row(1, 2), shape: [1, 3] } }, /the input x has 2 elements, but its shape is \[1, 3\]$/],
    ]
    for (const [feeds, message] of mistakes) {
      await assert.rejects(session.run(feeds), message)
      assert.deepEqual(numbers((await session.run({ x: row(1, 2, 3) })).y), [2, 4, 6])
    }
    await session.close()
  })

  test(`${name}: a failed run leaves the state as it was`, async () => {
    const { model, state } = accumulating()
    const session = await runtime.createSession(model, { state })
    await session.run({ x: row(1, 1, 1) })
    await assert.rejects(session.run({ x: row(1, 1) }))
    assert.deepEqual(numbers((await session.readState()).total), [3, 1, -1])
    await session.close()
  })

  test(`${name}: closing waits for the run that is going on, and lets no other begin`, async () => {
    const session = await runtime.createSession(heavy())
    const run = session.run(heavyFeeds())
    await setTimeout(50)
    const closed = session.close()
    await assert.rejects(session.run(heavyFeeds()), /the session is closed/)
    assert.equal((await run).y!.data.length, 1)
    await closed
  })

  test(`${name}: a closed session refuses to run, and closing it again does nothing`, async () => {
    const session = await runtime.createSession(doubling())
    await session.close()
    await session.close()
    await assert.rejects(session.run({ x: row(1, 2, 3) }), /the session is closed/)
  })
}

test('arrays that own their buffer are handed to the worker, views are copied', async () => {
  const session = await nodeRuntime.createSession(doubling())
  const own = row(1, 2, 3)
  const view = { ...row(1, 2, 3), data: new Float32Array([0, 1, 2, 3]).subarray(1) }
  await session.run({ x: own })
  assert.equal(own.data.length, 0)
  await assert.rejects(session.run({ x: own }), /the input x has 0 elements.*sessions take over the arrays/)
  for (let i = 0; i < 2; i++) assert.deepEqual(numbers((await session.run({ x: view })).y), [2, 4, 6])
  await session.close()
})

test('what cannot be sent to a worker is refused at once', async () => {
  const session = await nodeRuntime.createSession(doubling())
  const strange = { ...row(1, 2, 3), note: () => {} } as Tensor
  await assert.rejects(session.run({ x: strange }), /could not be cloned/)
  assert.deepEqual(numbers((await session.run({ x: row(1, 2, 3) })).y), [2, 4, 6])
  await session.close()
})

/** Runs a module in a process of its own that has `session`, made by the named runtime from `model`. */
function runScript(runtime: string, model: Uint8Array, body: string) {
  const script = `
    import { ${runtime} } from ${JSON.stringify(new URL('./runtime.js', import.meta.url).href)}
    const model = Buffer.from('${Buffer.from(model).toString('base64')}', 'base64')
    const session = await ${runtime}.createSession(new Uint8Array(model), { threads: 1 })
    ${body}`
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { status: status ?? signal, stdout, stderr }
}

for (const runtime of ['nodeRuntime', 'inlineRuntime'])
  test(`a process that leaves a session of ${runtime} open ends by itself, after its last run`, () => {
    const body = `
      const refused = session.run({}).catch(() => 'refused')
      session.run({ x: { dtype: 'float32', shape: [1, 3], data: Float32Array.of(1, 2, 3) } }).then(async ({ y }) => {
        console.log(await refused, ...y.data)
      })`
    assert.deepEqual(runScript(runtime, doubling(), body), { status: 0, stdout: 'refused 2 4 6\n', stderr: '' })
  })

test('process.exit in the middle of a run gives its code, not an abort of native code', () => {
  const body = `
    const ones = () => ({ x: { dtype: 'float32', shape: [1024, 1024], data: new Float32Array(2 ** 20).fill(1) } })
    for (let i = 0; i < 3; i++) session.run(ones()).catch(() => {})
    setTimeout(() => process.exit(3), 60)`
  assert.deepEqual(runScript('nodeRuntime', heavy(), body), { status: 3, stdout: '', stderr: '' })
})
