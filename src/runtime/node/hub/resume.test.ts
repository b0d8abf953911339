import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { commit, type HubPlace, hubPlace, id, weights, weightsDigest } from '../../../testing/hub-fixture.js'
import { type Asked, cutAfter } from '../../../testing/hub-server.js'
import { type DownloadProgress, ModelDownload } from './download-model.js'

const run = ({ settings }: HubPlace, options = {}, attempts = 5) =>
  new ModelDownload(id, settings, options, { firstWait: 1, attempts, stallLimit: 300 }).run()

const arrived = ({ snapshotWeights }: HubPlace) => new Uint8Array(readFileSync(snapshotWeights))

/** The first bytes that were asked of the CDN, by each request. */
const starts = ({ server }: HubPlace) =>
  server.asked.filter(({ server }) => server === 'cdn').map(({ range }) => Number(range?.match(/\d+/)?.[0] ?? 0))

const partials = ({ blobs }: HubPlace) => readdirSync(blobs).filter((name) => name.endsWith('.incomplete'))

/** The CDN cuts its first answers after some bytes. */
function cutFirst(place: HubPlace, count: number, bytes = 300_000) {
  let cuts = 0
  place.server.intercept = (asked, response) =>
    asked.server === 'cdn' && cuts++ < count ? cutAfter(weights, bytes, asked, response) : undefined
}

test('a connection that is cut goes on where it was', async () => {
  const place = await hubPlace()
  cutFirst(place, 2)
  const reports: DownloadProgress[] = []
  const notices: string[] = []
  await run(place, {
    onProgress: (progress: DownloadProgress) => reports.push(progress),
    onNotice: (text: string) => notices.push(text),
  })
  assert.deepEqual(arrived(place), weights)
  assert.deepEqual(starts(place), [0, 300_000, 600_000])
  assert.equal(notices.length, 2)
  assert.match(notices[0]!, /^there is no connection to 127\.0\.0\.1:\d+ \(\w+\); trying again in 1 s$/)
  assert.deepEqual(reports.at(-1), { file: 'model.safetensors', done: 1_000_002, total: 1_000_002 })
  for (const [i, { done }] of reports.entries()) assert.ok(i === 0 || done >= reports[i - 1]!.done)
  assert.deepEqual(partials(place), [])
})

test('the next call goes on where the last one ended', async () => {
  const place = await hubPlace()
  cutFirst(place, 1)
  await assert.rejects(run(place, {}, 1), /^UserError: there is no connection to .*: check the network/)
  assert.deepEqual(partials(place), [`${weightsDigest}.incomplete`])
  assert.equal(existsSync(place.snapshotWeights), false)
  await run(place)
  assert.deepEqual(starts(place), [0, 300_000])
  assert.deepEqual(arrived(place), weights)
  assert.deepEqual(partials(place), [])
})

test('a server that ignores ranges begins anew, and nothing is doubled', async () => {
  const place = await hubPlace()
  let cuts = 0
  place.server.intercept = (asked, response) => {
    if (asked.server !== 'cdn') return
    if (cuts++ === 0) return cutAfter(weights, 300_000, asked, response)
    response.writeHead(200, { 'content-length': weights.length }).end(weights)
    return true
  }
  await run(place)
  assert.deepEqual(starts(place), [0, 300_000])
  assert.deepEqual(arrived(place), weights)
})

test('a server that sends another range than asked for is not believed', async () => {
  const place = await hubPlace()
  let answers = 0
  place.server.intercept = (asked, response) => {
    if (asked.server !== 'cdn') return
    if (answers++ === 0) return cutAfter(weights, 300_000, asked, response)
    if (answers > 2) return
    response.writeHead(206, { 'content-range': `bytes 0-999999/1000000` }).end(weights)
    return true
  }
  await run(place)
  assert.deepEqual(starts(place), [0, 300_000, 0])
  assert.deepEqual(arrived(place), weights)
})

test('a part that is not of this file, or too long, is downloaded anew', async () => {
  for (const part of [new Uint8Array(500_000), new Uint8Array(1_000_000), new Uint8Array(1_000_001)]) {
    const place = await hubPlace()
    await mkdir(place.blobs, { recursive: true })
    await writeFile(`${place.blobs}/${weightsDigest}.incomplete`, part)
    await run(place)
    assert.deepEqual(arrived(place), weights)
    assert.deepEqual(partials(place), [])
  }
})

test('a part that is whole already is only checked', async () => {
  const place = await hubPlace()
  await mkdir(place.blobs, { recursive: true })
  await writeFile(`${place.blobs}/${weightsDigest}.incomplete`, weights)
  await run(place)
  assert.deepEqual(starts(place), [])
  assert.deepEqual(arrived(place), weights)
})

test('a server that falls silent is given up, and asked again', async () => {
  const place = await hubPlace()
  let answers = 0
  place.server.intercept = (asked, response) => {
    if (asked.server !== 'cdn' || answers++ > 0) return
    response.writeHead(200, { 'content-length': weights.length }).write(weights.subarray(0, 400_000))
    return true
  }
  const notices: string[] = []
  await run(place, { onNotice: (text: string) => notices.push(text) })
  assert.match(notices.join(), /has sent nothing for 0\.3 s; trying again/)
  assert.deepEqual(starts(place), [0, 400_000])
  assert.deepEqual(arrived(place), weights)
})

test('an abort ends it with its reason and keeps what arrived', async () => {
  const place = await hubPlace()
  const stop = new AbortController()
  place.server.intercept = (asked, response) => {
    if (asked.server !== 'cdn' || asked.range) return
    response.writeHead(200, { 'content-length': weights.length }).write(weights.subarray(0, 400_000))
    return true
  }
  const onProgress = ({ done }: DownloadProgress) => done >= 400_000 && stop.abort(new Error('enough'))
  await assert.rejects(run(place, { signal: stop.signal, onProgress }), /^Error: enough$/)
  assert.deepEqual(partials(place), [`${weightsDigest}.incomplete`])
  await assert.rejects(run(place, { signal: AbortSignal.abort(new Error('at once')) }), /^Error: at once$/)
  await run(place)
  assert.deepEqual(starts(place), [0, 400_000])
  assert.deepEqual(arrived(place), weights)
})

test('an abort ends a wait at once', async () => {
  const place = await hubPlace()
  place.server.intercept = (_, response) => {
    response.writeHead(429, { 'retry-after': '50' }).end()
    return true
  }
  const stop = new AbortController()
  const onNotice = () => setTimeout(() => stop.abort(new Error('enough')), 10)
  await assert.rejects(run(place, { signal: stop.signal, onNotice }), /^Error: enough$/)
})

/** Downloads in a process of its own, which says when it is at it. */
function startProcess({ settings }: HubPlace) {
  const script = `
    import { ModelDownload } from '${new URL('./download-model.js', import.meta.url)}'
    const onProgress = ({ done }) => done > 300_000 && process.stdout.write('.')
    await new ModelDownload('${id}', ${JSON.stringify(settings)}, { onProgress }).run()`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`what a process leaves that ${signal} ends is taken over`, async () => {
    const place = await hubPlace()
    place.server.intercept = (asked, response) => {
      if (asked.server !== 'cdn' || asked.range) return
      response.writeHead(200, { 'content-length': weights.length }).write(weights.subarray(0, 400_000))
      return true
    }
    const child = startProcess(place)
    await once(child.stdout, 'data')
    child.kill(signal)
    await once(child, 'exit')
    assert.equal(partials(place).length, 1)
    await run(place)
    assert.ok(starts(place)[1]! > 300_000)
    assert.deepEqual(arrived(place), weights)
    assert.deepEqual(partials(place), [])
  })
}

test('two at once, in one process or two, do not disturb each other', async () => {
  const place = await hubPlace()
  const slowly = (asked: Asked, response: ServerResponse) => {
    if (asked.server !== 'cdn') return
    const start = Number(asked.range?.match(/\d+/)?.[0] ?? 0)
    if (start > 0) response.setHeader('content-range', `bytes ${start}-999999/1000000`)
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': weights.length - start })
    response.write(weights.subarray(start, start + 350_000))
    setTimeout(() => response.end(weights.subarray(start + 350_000)), 100)
    return true
  }
  place.server.intercept = slowly
  const child = startProcess(place)
  const [ended] = await Promise.all([once(child, 'exit'), run(place), run(place)])
  assert.equal(ended[0], 0)
  assert.deepEqual(arrived(place), weights)
  assert.deepEqual(partials(place), [])
  assert.equal(readdirSync(place.blobs).length, 2)
  assert.equal(readFileSync(`${place.blobs}/../refs/main`, 'utf8'), commit)
})
