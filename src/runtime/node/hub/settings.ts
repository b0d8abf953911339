import { homedir } from 'node:os'
import { sep } from 'node:path'
import { UserError } from '../../../errors.js'
import { nodeFiles } from '../files.js'

/** Where the hub is, and where its files are kept; from the variables that huggingface_hub reads, too. */
export interface HubSettings {
  /** The address of the hub, without a slash at its end. */
  endpoint: string
  /** Holds one folder a model. */
  cacheFolder: string
  token?: string
  /** Whether the network is forbidden. */
  offline: boolean
}

/**
 * Reads HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, HF_HUB_OFFLINE and HF_TOKEN, or the token that `hf auth login` has left in
 * HF_HOME. What is empty counts as not set.
 * @throws UserError where one of them cannot be used
 */
export async function hubSettings(environment: NodeJS.ProcessEnv): Promise<HubSettings> {
  const {
    HF_ENDPOINT: endpoint,
    HF_HOME: home,
    HF_HUB_CACHE: cache,
    HUGGINGFACE_HUB_CACHE: olderCache,
    HF_HUB_OFFLINE: offline,
    HF_TOKEN: token,
    XDG_CACHE_HOME: caches,
  } = environment
  const homeFolder = folder(home || `${caches || '~/.cache'}/huggingface`)
  const secret = token?.trim() ? checkToken(token, 'HF_TOKEN') : await storedToken(`${homeFolder}/token`)
  return {
    endpoint: parseEndpoint(endpoint || 'https://huggingface.co'),
    cacheFolder: folder(cache || olderCache || `${homeFolder}/hub`),
    offline: /^(1|on|yes|true)$/i.test(offline ?? ''),
    ...(secret && { token: secret }),
  }
}

function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new UserError('HF_ENDPOINT is not the address of a hub: set it to one such as https://huggingface.co')
  return url.href.replace(/\/+$/, '')
}

/** With `/` between its parts and the home folder in place of `~`. */
function folder(path: string): string {
  return path
    .replace(/^~(?=$|[\\/])/, homedir())
    .split(sep)
    .join('/')
    .replace(/(?<=.)\/+$/, '')
}

async function storedToken(path: string): Promise<string | undefined> {
  if ((await nodeFiles.kind(path)) !== 'file') return undefined
  const text = await nodeFiles.readText(path)
  return text.trim() ? checkToken(text, path) : undefined
}

/** The token itself is never part of a message. */
function checkToken(text: string, source: string): string {
  const token = text.trim()
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UserError(`${source} holds no token: copy one from the settings of your account, it has no spaces`)
  return token
}
