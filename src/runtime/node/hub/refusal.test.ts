import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { UserError } from '../../../errors.js'
import { type HubPlace, hubPlace, id, repository, weights } from '../../../testing/hub-fixture.js'
import type { Asked } from '../../../testing/hub-server.js'
import { ModelDownload } from './download-model.js'

const run = ({ settings }: HubPlace, name = id, token?: string) =>
  new ModelDownload(name, { ...settings, ...(token && { token }) }, {}, { firstWait: 1, stallLimit: 2000 }).run()

/** Checks that a download fails in one sentence with these words, and leaves no file that looks complete. */
async function refuses(place: HubPlace, words: RegExp, name = id, token?: string) {
  await assert.rejects(run(place, name, token), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack)
    assert.match(error.message, words)
    assert.doesNotMatch(error.message, /\n|\. [A-Z]/)
    assert.ok(!token || !error.message.includes(token), 'a token is secret')
    return true
  })
  assert.equal(existsSync(place.snapshotWeights), false)
}

type Answer = (response: ServerResponse, asked: Asked) => void

/** Answers the first requests of a kind in another way. */
function answer(place: HubPlace, kind: RegExp, times: number, how: Answer) {
  let count = 0
  place.server.intercept = (asked, response) => {
    if (!kind.test(`${asked.server} ${asked.url}`) || count++ >= times) return
    how(response, asked)
    return true
  }
}

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('<html>')

const always = Number.POSITIVE_INFINITY

test('no such model, revision or file: each says which', async () => {
  const place = await hubPlace()
  await refuses(place, /^hf:owner\/none does not exist or is private: check the name, or set HF_TOKEN/, 'hf:owner/none')
  await refuses(place, /^there is no model hf:owner\/none on http:.*: check the name$/, 'hf:owner/none', 'hf_secret')
  await refuses(place, /^hf:owner\/vit has no revision v9: choose a branch, tag or commit/, `${id}@v9`)
  await refuses(place, /^hf:owner\/vit has no revision 1{40}: choose/, `${id}@${'1'.repeat(40)}`)
  answer(place, /resolve.*model/, always, status(404, { 'x-error-code': 'EntryNotFound' }))
  await refuses(place, /^hf:owner\/vit has no file model\.safetensors at \w+: look at what http:/)
})

test('what is no model says what it should hold', async () => {
  const place = await hubPlace()
  place.model.files.delete('config.json')
  await refuses(place, /^hf:owner\/vit holds no model that can be read at \w+: choose one with config\.json and/)
})

test('a private model needs its token', async () => {
  const place = await hubPlace()
  place.model.token = 'hf_secret'
  await refuses(place, /does not exist or is private: check the name, or set HF_TOKEN/)
  await refuses(place, /^your token may not read hf:owner\/vit: set HF_TOKEN to one that may/, id, 'hf_wrong')
  await run(place, id, 'hf_secret')
})

test('a token that is no good says so', async () => {
  const place = await hubPlace()
  answer(place, /./, always, status(401))
  await refuses(place, /does not let your token read hf:owner\/vit: check the name and HF_TOKEN/, id, 'hf_old')
})

test('a gated model says where its terms are', async () => {
  const place = await hubPlace()
  Object.assign(place.model, { token: 'hf_secret', gated: true })
  await refuses(place, /^hf:owner\/vit is gated: accept its terms at http:.*\/owner\/vit, and set HF_TOKEN/)
  await refuses(place, /^hf:owner\/vit is gated: ask for access at http:.*\/owner\/vit with the account/, id, 'hf_x')
  await run(place, id, 'hf_secret')
})

test('only the hub is shown the token', async () => {
  const place = await hubPlace()
  // The list of files goes on elsewhere, too.
  const cdn = `http://localhost:${new URL(place.settings.endpoint).port}`
  answer(place, /^hub \/api\/.*tree/, 1, (response) => {
    response.writeHead(307, { location: `${cdn}/api/models/${repository}/tree/${place.model.commit}?recursive=true` })
    response.end()
  })
  await run(place, id, 'hf_secret')
  const tokens = place.server.asked.map(({ server, url, token }) => `${server} ${url.split('/')[1]} ${token}`)
  assert.deepEqual(tokens, [
    'hub api hf_secret',
    'hub api hf_secret',
    'hub api undefined', // under the name localhost, which is another host
    'hub owner hf_secret',
    'hub owner hf_secret',
    'cdn content undefined',
  ])
})

test('a busy hub is asked again, a bounded number of times', async () => {
  const place = await hubPlace()
  answer(place, /^cdn/, 2, status(429, { 'retry-after': '0' }))
  await run(place)
  const other = await hubPlace()
  answer(other, /./, always, status(429))
  await refuses(other, /^127\.0\.0\.1:\d+ allows no more requests for now: try again later, or set HF_TOKEN/)
  assert.equal(other.server.asked.length, 5)
  await refuses(other, /allows no more requests for now: try again later$/, id, 'hf_secret')
})

test('a hub that asks for minutes of patience is left to the user', async () => {
  const place = await hubPlace()
  const later = new Date(Date.now() + 600_000).toUTCString()
  const waits: Record<string, string>[] = [
    { 'retry-after': '600' },
    { 'retry-after': later },
    { ratelimit: '"api";r=0;t=600' },
  ]
  for (const headers of waits) {
    answer(place, /./, always, status(429, headers))
    await refuses(place, /allows no more requests for (600|599) s: try again later/)
  }
  assert.equal(place.server.asked.length, waits.length)
})

test('a hub that fails is asked again, a bounded number of times', async () => {
  for (const kind of [/^hub \/api/, /resolve/, /^cdn/]) {
    const place = await hubPlace()
    answer(place, kind, 3, status(503))
    await run(place)
  }
  const place = await hubPlace()
  answer(place, /resolve.*model/, always, status(500))
  await refuses(place, /^127\.0\.0\.1:\d+ answers with status 500: try again later$/)
})

test('an address on the CDN that has run out is asked for again', async () => {
  const place = await hubPlace()
  answer(place, /^cdn/, 1, status(403))
  await run(place)
})

test('redirects in circles or to no web page are refused', async () => {
  const place = await hubPlace()
  const to = (location: string): Answer => status(302, { location })
  answer(place, /resolve.*model/, always, (response, { url }) => to(url)(response, {} as Asked))
  await refuses(place, /redirects .* in circles/)
  for (const location of ['file:///etc/passwd', 'data:text/plain,x', 'http://', 'ftp://127.0.0.1/x']) {
    answer(place, /resolve.*model/, always, to(location))
    await refuses(place, /redirects to an address that is not safe to follow/)
  }
})

test('what has another size or content than listed is refused, and not kept', async () => {
  const place = await hubPlace()
  const send =
    (bytes: Uint8Array, headers: Record<string, string | number> = { 'content-length': bytes.length }): Answer =>
    (response) =>
      response.writeHead(200, headers).end(bytes)
  const wrong: [Answer, RegExp][] = [
    [
      send(weights.subarray(1)),
      /^the hub sends 999999 instead of 1000000 bytes of model\.safetensors of hf:owner\/vit: /,
    ],
    [send(new Uint8Array(1_000_001)), /^the hub sends 1000001 instead of 1000000 bytes/],
    [send(new Uint8Array(1_000_001), {}), /^the hub sends more than 1000000 bytes/],
    [send(weights.subarray(1), {}), /^the hub sends (999999 instead of 1000000|other) bytes/],
    [
      send(weights.map((byte, i) => (i === 5 ? byte ^ 1 : byte))),
      /^model\.safetensors of .* arrives with another checksum/,
    ],
  ]
  for (const [how, words] of wrong) {
    answer(place, /^cdn/, always, how)
    await refuses(place, words)
    const left = readdirSync(place.blobs).filter((name) => !name.endsWith('.incomplete'))
    assert.deepEqual(left.length, 1, 'config.json alone')
  }
  place.server.intercept = undefined
  await run(place)
})

test('answers that are too long, or no answer of a hub, are refused', async () => {
  const place = await hubPlace()
  const text =
    (body: string): Answer =>
    (response) =>
      response.writeHead(200).end(body)
  const wrong: [RegExp, Answer, RegExp][] = [
    [/revision/, text('<html>Welcome to the hotel'), /is no JSON: check that HF_ENDPOINT is the address of a hub/],
    [/revision/, text('null'), /names no commit/],
    [/revision/, text('{"sha": "../../../../etc"}'), /names no commit/],
    [/tree/, text('{}'), /is no list of files/],
    [/tree/, text(`["${'x'.repeat(2 ** 25)}"]`), /is longer than 32 MiB/],
    [/tree/, (response, { url }) => response.writeHead(200, { link: `<${url}>; rel="next"` }).end('[]'), /has no end/],
    [/revision/, status(418), /^127\.0\.0\.1:\d+ answers \/api\/models\/.* with status 418: check HF_ENDPOINT/],
  ]
  for (const [kind, how, words] of wrong) {
    answer(place, kind, always, how)
    await refuses(place, words)
  }
  place.server.intercept = undefined
  place.server.extraRows = [{ type: 'file', path: 'preprocessor_config.json', size: 1e12, oid: '1'.repeat(40) }]
  await refuses(place, /^preprocessor_config\.json of hf:owner\/vit has 1000000000000 bytes: choose another model/)
})
