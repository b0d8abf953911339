import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { gitDigest, HubServer, sha256 } from '../../../testing/hub-server.js'
import { temporaryFolder } from '../../../testing/temporary-folder.js'
import { ModelDownload } from './download-model.js'
import type { HubSettings } from './settings.js'

const root = new URL('../../../../test/fixtures/', import.meta.url)
const fixture = (path: string) => new Uint8Array(readFileSync(new URL(path, root)))
const commit = 'c0ffee0000000000000000000000000000000001'
const weights = fixture('hf-tiny-vit/model.safetensors')
const config = fixture('hf-tiny-vit/config.json')

const server = await HubServer.start()
server.models.push({
  repository: 'google/vit-tiny',
  commit,
  refs: { main: commit, 'v1.0': commit, 'refs/pr/1': commit },
  files: new Map([
    ['README.md', new Uint8Array(5)],
    ['config.json', config],
    ['flax_model.msgpack', new Uint8Array(99)],
    ['model.safetensors', weights],
    ['preprocessor_config.json', new TextEncoder().encode('{"size": 32}')],
    ['pytorch_model.bin', new Uint8Array(98)],
    ['tf_model.h5', new Uint8Array(97)],
  ]),
})
server.models.push({
  repository: 'timm/vit_tiny.augreg',
  commit,
  refs: { main: commit },
  files: new Map([
    ['config.json', fixture('timm-tiny-vit/config.json')],
    ['model.safetensors', fixture('timm-tiny-vit/model.safetensors')],
  ]),
})

let caches = 0
const folder = await temporaryFolder('hub')
const settings = (changes: Partial<HubSettings> = {}): HubSettings => ({
  endpoint: server.endpoint,
  cacheFolder: `${folder}/cache-${caches++}`,
  offline: false,
  ...changes,
})

const download = (id: string, changes: HubSettings) => new ModelDownload(id, changes, {}, { firstWait: 1 }).run()

/** The requests that an action causes. */
async function askedBy(action: () => Promise<unknown>) {
  server.asked.length = 0
  await action()
  return server.asked.map(({ server, url }) => `${server} ${url}`)
}

test('a model is downloaded once, in one format, into the layout of huggingface_hub', async () => {
  const place = settings()
  const asked = await askedBy(() => download('hf:google/vit-tiny', place))
  const resolve = `hub /google/vit-tiny/resolve/${commit}`
  assert.deepEqual(asked, [
    'hub /api/models/google/vit-tiny/revision/main',
    `hub /api/models/google/vit-tiny/tree/${commit}?recursive=true`,
    `hub /api/models/google/vit-tiny/tree/${commit}?recursive=true&cursor=3`,
    `hub /api/models/google/vit-tiny/tree/${commit}?recursive=true&cursor=6`,
    `${resolve}/config.json`,
    `${resolve}/preprocessor_config.json`,
    `${resolve}/model.safetensors`,
    `cdn /content/${sha256(weights)}?signature=x`,
  ])
  const model = `${place.cacheFolder}/models--google--vit-tiny`
  assert.deepEqual(readdirSync(model), ['blobs', 'refs', 'snapshots', 'trees'])
  assert.equal(readFileSync(`${model}/refs/main`, 'utf8'), commit)
  assert.equal(readlinkSync(`${model}/snapshots/${commit}/config.json`), `../../blobs/${gitDigest(config)}`)
  assert.equal(readlinkSync(`${model}/snapshots/${commit}/model.safetensors`), `../../blobs/${sha256(weights)}`)
  assert.equal(readdirSync(`${model}/blobs`).length, 3)
  assert.deepEqual(new Uint8Array(readFileSync(`${model}/snapshots/${commit}/model.safetensors`)), weights)

  assert.equal((await askedBy(() => download('hf:google/vit-tiny', place))).length, 1, 'a branch may have moved')
  assert.deepEqual(await askedBy(() => download(`hf:google/vit-tiny@${commit}`, place)), [], 'a commit cannot')
})

test('a model is found by branch, tag and commit', async () => {
  const place = settings()
  for (const revision of ['v1.0', 'refs/pr/1', commit]) {
    const found = await download(`hf:google/vit-tiny@${revision}`, place)
    assert.equal(found, `${place.cacheFolder}/models--google--vit-tiny/snapshots/${commit}`)
  }
  assert.equal(readFileSync(`${place.cacheFolder}/models--google--vit-tiny/refs/refs/pr/1`, 'utf8'), commit)
})

test('offline, what was downloaded is used without a request, and else the error says what to do', async () => {
  const place = settings()
  const offline = { ...place, offline: true }
  const missing =
    /^UserError: hf:timm\/vit_tiny\.augreg at main is not complete in .*: unset HF_HUB_OFFLINE to download/
  await assert.rejects(download('hf:timm/vit_tiny.augreg', offline), missing)
  const found = await download('hf:timm/vit_tiny.augreg', place)
  assert.deepEqual(
    await askedBy(async () => {
      assert.equal(await download('hf:timm/vit_tiny.augreg', offline), found)
      assert.equal(await download(`hf:timm/vit_tiny.augreg@${commit}`, offline), found)
      await assert.rejects(download('hf:timm/vit_tiny.augreg@v9', offline), /is not complete/)
    }),
    [],
  )
})

test('without a network, what was downloaded is used with a note, and else the error says what to do', async () => {
  const place = settings()
  const found = await download('hf:google/vit-tiny', place)
  const unreachable = { ...place, endpoint: 'http://127.0.0.1:9' }
  const notices: string[] = []
  const onNotice = (text: string) => notices.push(text)
  assert.equal(await new ModelDownload('hf:google/vit-tiny', unreachable, { onNotice }).run(), found)
  assert.match(notices.join(), /^there is no connection to 127\.0\.0\.1:9 .*, so hf:google\/vit-tiny is used as/)
  await assert.rejects(
    download('hf:google/vit-tiny@v1.0', { ...unreachable, cacheFolder: `${folder}/empty` }),
    /^UserError: there is no connection to 127\.0\.0\.1:9 \(.*\): check the network and HF_ENDPOINT/,
  )
})

test('a cache as older versions of huggingface_hub leave it is read without a download', async () => {
  const place = settings()
  const model = `${place.cacheFolder}/models--google--vit-tiny`
  await mkdir(`${model}/blobs`, { recursive: true })
  await mkdir(`${model}/refs`)
  await mkdir(`${model}/snapshots/${commit}`, { recursive: true })
  await writeFile(`${model}/refs/main`, commit)
  for (const [name, bytes] of server.models[0]!.files) {
    await writeFile(`${model}/blobs/${sha256(bytes)}`, bytes)
    await symlink(`../../blobs/${sha256(bytes)}`, `${model}/snapshots/${commit}/${name}`)
  }
  server.asked.length = 0
  await download('hf:google/vit-tiny', { ...place, offline: true })
  assert.equal(server.asked.length, 0)
  await download('hf:google/vit-tiny', place)
  assert.deepEqual(server.downloads, [])
})

test('a file that another commit shares is not downloaded again', async () => {
  const place = settings()
  await download('hf:timm/vit_tiny.augreg', place)
  const model = server.models[1]!
  const next = 'c0ffee0000000000000000000000000000000002'
  Object.assign(model, { commit: next, refs: { main: next } })
  server.asked.length = 0
  assert.match(await download('hf:timm/vit_tiny.augreg', place), new RegExp(`${next}$`))
  Object.assign(model, { commit, refs: { main: commit } })
  assert.deepEqual(server.downloads, [])
})

test('a file of the cache that lost its end is downloaded again', async () => {
  const place = settings()
  const snapshot = await download('hf:google/vit-tiny', place)
  await truncate(`${place.cacheFolder}/models--google--vit-tiny/blobs/${sha256(weights)}`, 100)
  await download('hf:google/vit-tiny', place)
  assert.deepEqual(new Uint8Array(readFileSync(`${snapshot}/model.safetensors`)), weights)
})

test('hostile lists of files write nothing outside, since only known names are chosen', async () => {
  const row = { type: 'file', size: weights.length, oid: gitDigest(weights) }
  const names = [
    '../escape',
    '/tmp/escape',
    'a\\..\\escape',
    '..\\config.json',
    'C:\\config.json',
    'onnx/../../config.json',
  ]
  server.extraRows = [
    ...names.map((path) => ({ ...row, path })),
    { ...row, path: 'pytorch_model.bin', oid: '../../escape' },
    { ...row, path: 'model.safetensors', lfs: { oid: `${'../'.repeat(21)}x`, size: 3 } },
    { ...row, path: 'preprocessor_config.json', oid: '12' },
    { ...row, path: 7 },
    { type: 'directory', path: '..', oid: 'x', size: 0 },
    null,
    'text',
  ]
  const place = settings()
  const model = server.models[1]!
  const before = readdirSync(folder)
  const snapshot = await download('hf:timm/vit_tiny.augreg', place).finally(() => {
    server.extraRows = []
  })
  assert.deepEqual(readdirSync(snapshot).sort(), [...model.files.keys()].sort())
  assert.deepEqual(readdirSync(place.cacheFolder), ['models--timm--vit_tiny.augreg'])
  assert.deepEqual(readdirSync(folder).filter((name) => !before.includes(name)).length, 1)
  assert.equal(existsSync('/tmp/escape'), false)
})

test('an address with a path and a slash at its end serves', async () => {
  const mirror = await HubServer.start('/mirrors/hf')
  mirror.models.push(...server.models)
  const { hubSettings } = await import('./settings.js')
  const environment = { HF_ENDPOINT: `${mirror.endpoint}/`, HF_HOME: `${folder}/mirrored` }
  const snapshot = await download('hf:google/vit-tiny', await hubSettings(environment))
  assert.deepEqual(new Uint8Array(readFileSync(`${snapshot}/model.safetensors`)), weights)
})
