import type { HubSettings } from '../runtime/node/hub/settings.js'
import { type HubModel, HubServer, sha256 } from './hub-server.js'
import { temporaryFolder } from './temporary-folder.js'

/** A hub with one model of a megabyte, for tests of what can go wrong on the way. */

export const repository = 'owner/vit'
export const id = `hf:${repository}`
export const commit = 'c0ffee0000000000000000000000000000000001'

/** Not compressible, and no two parts alike. */
export const weights = Uint8Array.from({ length: 1_000_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255)
export const weightsDigest = sha256(weights)

export interface HubPlace {
  server: HubServer
  model: HubModel
  /** For a cache that is empty, and no token. */
  settings: HubSettings
  /** The folder with the content of files. */
  blobs: string
  /** Where the weights are in the end. */
  snapshotWeights: string
}

/** A server of its own and an empty cache. */
export async function hubPlace(): Promise<HubPlace> {
  const server = await HubServer.start()
  const files = new Map([
    ['config.json', new TextEncoder().encode('{}')],
    ['model.safetensors', weights],
  ])
  const model = { repository, commit, refs: { main: commit }, files }
  server.models.push(model)
  const cacheFolder = await temporaryFolder('hub')
  const folder = `${cacheFolder}/models--owner--vit`
  return {
    server,
    model,
    settings: { endpoint: server.endpoint, cacheFolder, offline: false },
    blobs: `${folder}/blobs`,
    snapshotWeights: `${folder}/snapshots/${commit}/model.safetensors`,
  }
}
