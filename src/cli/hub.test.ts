import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  assertFails,
  drawPictures,
  noMounts,
  quickTraining,
  runShell,
  succeed,
  temporaryFolder,
  vitrine,
} from '../testing/command-line.js'
import { cutAfter, HubServer } from '../testing/hub-server.js'

const fixtures = fileURLToPath(new URL('../../test/fixtures/', import.meta.url))
const commit = 'c0ffee0000000000000000000000000000000001'
const folder = await temporaryFolder('hub-cli')
await drawPictures(`${folder}/pics`, ['daisy', 'roses'], 4)
const picture = 'pics/roses/roses-0.png'

const server = await HubServer.start('/hub')
for (const [repository, name] of [
  ['google/vit-tiny', 'hf-tiny-vit'],
  ['timm/vit_tiny.augreg', 'timm-tiny-vit'],
] as const) {
  const files = ['config.json', 'model.safetensors'].map((path): [string, Uint8Array] => [
    path,
    new Uint8Array(readFileSync(`${fixtures}${name}/${path}`)),
  ])
  server.models.push({ repository, commit, refs: { main: commit }, files: new Map(files) })
}

/** Runs with the hub here and a cache of the given name. */
async function withHub<T>(cache: string, action: () => Promise<T>, more: NodeJS.ProcessEnv = {}): Promise<T> {
  const before = { ...process.env }
  Object.assign(process.env, { HF_ENDPOINT: `${server.endpoint}/`, HF_HOME: `${folder}/${cache}`, ...more })
  try {
    return await action()
  } finally {
    process.env = before
  }
}

test('predict downloads a model, says the same as with its files at hand, and needs no network then', async () => {
  for (const [name, fixture] of [
    ['hf:google/vit-tiny', 'hf-tiny-vit'],
    ['hf:timm/vit_tiny.augreg', 'timm-tiny-vit'],
  ] as const) {
    const local = await succeed(folder, 'predict', `${fixtures}${fixture}`, picture)
    const first = await withHub('home', () => succeed(folder, 'predict', name, picture))
    assert.deepEqual([first.stdout, first.stderr], [local.stdout, ''])
    server.asked.length = 0
    const offline = await withHub('home', () => succeed(folder, 'predict', name, picture), { HF_HUB_OFFLINE: '1' })
    assert.equal(offline.stdout, local.stdout)
    assert.deepEqual(server.asked, [])
  }
})

test('evaluate, export, summary and train take models of the hub', async () => {
  await withHub('home', async () => {
    const name = `hf:google/vit-tiny@${commit}`
    assert.match((await succeed(folder, 'evaluate', name, 'pics')).stdout, /^8 pictures: /)
    assert.match((await succeed(folder, 'export', name, '--output', 'm.onnx')).stdout, /^m\.onnx: /)
    assert.equal(
      (await succeed(folder, 'summary', name)).stdout,
      (await succeed(folder, 'summary', `${fixtures}hf-tiny-vit`)).stdout,
    )
    const flags = [...quickTraining, '--epochs', '1', '--output', 'run', '--model', name]
    const { stderr } = await succeed(folder, 'train', 'pics', ...flags)
    assert.doesNotMatch(stderr, /random weights/)
  })
})

test('what the hub refuses is one sentence', async () => {
  const pictures = [picture]
  await withHub('other', async () => {
    assertFails(await vitrine(folder, 'predict', 'hf:google/none', ...pictures), 1, /^error: hf:google\/none does not/)
    assertFails(await vitrine(folder, 'summary', 'hf:google/vit-tiny@v9'), 1, /hf:google\/vit-tiny has no revision v9/)
    assertFails(await vitrine(folder, 'summary', 'hf:vit-tiny'), 1, /hf:vit-tiny names no model of the hub: write hf:/)
  })
  const offline = await withHub('other', () => vitrine(folder, 'summary', 'hf:a/b'), { HF_HUB_OFFLINE: '1' })
  assertFails(offline, 1, /hf:a\/b at main is not complete in .*: unset HF_HUB_OFFLINE/)
})

test('the name of a model of the hub without hf: is no model, and the error shows how to write it', async () => {
  const ended = await vitrine(folder, 'predict', 'google/vit-base-patch16-224', picture)
  assertFails(
    ended,
    1,
    /no model google\/vit-base-patch16-224: give .*, or hf:google\/vit-base-patch16-224 to download/,
  )
  assertFails(await vitrine(folder, 'predict', 'runs/model.onnx', picture), 1, /cannot read runs\/model\.onnx/)
})

test('a download that was cut says so, and goes on', async () => {
  const weights = server.models[0]!.files.get('model.safetensors')!
  let cuts = 0
  server.intercept = (asked, response) =>
    asked.server === 'cdn' && cuts++ === 0 ? cutAfter(weights, 9_000, asked, response) : undefined
  server.asked.length = 0
  const { stderr } = await withHub('cut', () => succeed(folder, 'summary', 'hf:google/vit-tiny')).finally(() => {
    server.intercept = undefined
  })
  assert.match(stderr, /^note: there is no connection to .*; trying again in 1 s\n$/)
  assert.equal(server.downloads.at(-1)!.range, 'bytes=9000-')
})

test('a model on this disk is used without the code of the hub', async () => {
  const coverage = `${folder}/coverage`
  const loaded = async (...args: string[]) => {
    await succeed(folder, ...args)
    return readdirSync(coverage).some((file) => readFileSync(`${coverage}/${file}`, 'utf8').includes('/node/hub/'))
  }
  const more = { NODE_V8_COVERAGE: coverage }
  assert.equal(await withHub('home', () => loaded('predict', `${fixtures}hf-tiny-vit`, picture), more), false)
  assert.equal(await withHub('home', () => loaded('predict', 'hf:google/vit-tiny', picture), more), true)
})

test('a disk that is full or read-only is one sentence, and leaves nothing that looks whole', {
  skip: noMounts,
}, async () => {
  await withHub('small', async () => {
    const script = `mkdir -p small && mount -t tmpfs -o size=40k tmpfs small
      code=0; vitrine summary hf:google/vit-tiny || code=$?; ls small/hub/models--google--vit-tiny/blobs; exit $code`
    const full = await runShell(folder, script, { mounts: true })
    assertFails(full, 1, /cannot write .*small\/hub\/models--google--vit-tiny\/blobs\/\w+: the disk is full, free some/)
    assert.match(full.stdout, /^\w{64}\.incomplete\n\w{40}\n$/, 'a part of the weights, and config.json')
    const readOnly = 'mkdir -p small && mount -t tmpfs -o ro tmpfs small && vitrine summary hf:google/vit-tiny'
    assertFails(await runShell(folder, readOnly, { mounts: true }), 1, /cannot write .*: the file system is read-only/)
  })
})

test('a cache that cannot be written to serves what it holds', { skip: noMounts }, async () => {
  await withHub('home', async () => {
    await succeed(folder, 'summary', 'hf:google/vit-tiny')
    const script = 'mount --bind home home && mount -o remount,ro,bind home && vitrine summary hf:google/vit-tiny'
    const ended = await runShell(folder, script, { mounts: true })
    assert.deepEqual([ended.code, ended.stderr], [0, ''])
  })
})
