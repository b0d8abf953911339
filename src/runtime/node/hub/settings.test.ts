import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { test } from 'node:test'
import { temporaryFolder } from '../../../testing/temporary-folder.js'
import { nodeFiles } from '../files.js'
import { hubSettings } from './settings.js'

const folder = await temporaryFolder('hub-settings')

test('without variables, the hub and the cache are the usual ones', async () => {
  const { endpoint, cacheFolder, offline } = await hubSettings({})
  assert.deepEqual(
    { endpoint, cacheFolder, offline },
    { endpoint: 'https://huggingface.co', cacheFolder: `${homedir()}/.cache/huggingface/hub`, offline: false },
  )
})

test('the variables of huggingface_hub are followed, the narrower before the wider', async () => {
  const cacheOf = async (environment: NodeJS.ProcessEnv) => (await hubSettings(environment)).cacheFolder
  assert.equal(await cacheOf({ HF_HOME: '/a/b/' }), '/a/b/hub')
  assert.equal(await cacheOf({ HF_HOME: '~/b' }), `${homedir()}/b/hub`)
  assert.equal(await cacheOf({ HF_HOME: '/a', HF_HUB_CACHE: '/c' }), '/c')
  assert.equal(await cacheOf({ HF_HOME: '/a', HUGGINGFACE_HUB_CACHE: '/c' }), '/c')
  assert.equal(await cacheOf({ XDG_CACHE_HOME: '/x' }), '/x/huggingface/hub')
  assert.equal(await cacheOf({ HF_HOME: '', HF_HUB_CACHE: '', XDG_CACHE_HOME: '/x' }), '/x/huggingface/hub')
  for (const yes of ['1', 'true', 'YES', 'on']) assert.equal((await hubSettings({ HF_HUB_OFFLINE: yes })).offline, true)
  for (const no of ['', '0', 'false', 'no']) assert.equal((await hubSettings({ HF_HUB_OFFLINE: no })).offline, false)
})

test('the endpoint may have a path and slashes at its end', async () => {
  const endpoint = async (text: string) => (await hubSettings({ HF_ENDPOINT: text })).endpoint
  assert.equal(await endpoint('https://mirror.example/hf//'), 'https://mirror.example/hf')
  assert.equal(await endpoint('http://127.0.0.1:8080/'), 'http://127.0.0.1:8080')
  for (const wrong of ['mirror.example', 'ftp://x', 'https://user:password@x', 'https://x/?a=1'])
    await assert.rejects(endpoint(wrong), /^UserError: HF_ENDPOINT is not the address of a hub: /)
})

test('the token comes from HF_TOKEN, else from the file that a login leaves', async () => {
  await nodeFiles.write(`${folder}/token`, 'hf_file\n')
  assert.equal((await hubSettings({ HF_HOME: folder })).token, 'hf_file')
  assert.equal((await hubSettings({ HF_HOME: folder, HF_TOKEN: ' hf_variable\n' })).token, 'hf_variable')
  assert.equal((await hubSettings({ HF_HOME: `${folder}/none` })).token, undefined)
})

test('what cannot be a token is refused, and not repeated', async () => {
  await assert.rejects(hubSettings({ HF_TOKEN: 'two words' }), (error: Error) => {
    assert.match(error.message, /^HF_TOKEN holds no token/)
    return !error.message.includes('two words')
  })
})
