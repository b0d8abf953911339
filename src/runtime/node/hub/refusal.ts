import { UserError } from '../../../errors.js'
import type { Reply } from './connection.js'
import { PassingError } from './patience.js'
import type { HubSettings } from './settings.js'

/** What was asked for. */
export interface Question {
  repository: string
  revision: string
  /** A file of the model; absent where it is the model itself. */
  path?: string
}

/** The error for a reply whose status is no success: what it means for the model that was asked for. */
export function refusal(reply: Reply, question: Question, settings: HubSettings): UserError {
  const { status } = reply
  const { host } = reply.url
  if (status === 429) return tooManyRequests(reply, settings)
  // Addresses on other servers are signed for a short time: the hub hands out a new one.
  if (status >= 500 || status === 408 || (!reply.fromHub && status === 403))
    return new PassingError(`${host} answers with status ${status}: try again later`)
  if (status === 401 || status === 403) return noAccess(reply, question, settings)
  if (status === 404) return notFound(reply, question, settings)
  return new UserError(`${host} answers ${reply.url.pathname} with status ${status}: check HF_ENDPOINT`)
}

function noAccess({ status, headers }: Reply, { repository }: Question, { endpoint, token }: HubSettings): UserError {
  const model = `hf:${repository}`
  if (headers.get('x-error-code') === 'GatedRepo')
    return new UserError(
      token
        ? `${model} is gated: ask for access at ${endpoint}/${repository} with the account of your token`
        : `${model} is gated: accept its terms at ${endpoint}/${repository}, and set HF_TOKEN to a token of your account`,
    )
  if (token)
    return new UserError(
      status === 401
        ? `${endpoint} does not let your token read ${model}: check the name and HF_TOKEN`
        : `your token may not read ${model}: set HF_TOKEN to one that may`,
    )
  // The hub answers so for what does not exist, too, to keep names secret.
  return new UserError(
    `${model} does not exist or is private: check the name, or set HF_TOKEN to a token that may read it`,
  )
}

function notFound({ headers }: Reply, question: Question, { endpoint }: HubSettings): UserError {
  const { repository, revision, path } = question
  const code = headers.get('x-error-code')
  const page = `${endpoint}/${repository}`
  if (code === 'RevisionNotFound')
    return new UserError(`hf:${repository} has no revision ${revision}: choose a branch, tag or commit of ${page}`)
  if (path !== undefined && code !== 'RepoNotFound')
    return new UserError(`hf:${repository} has no file ${path} at ${revision}: look at what ${page} holds`)
  return new UserError(`there is no model hf:${repository} on ${endpoint}: check the name`)
}

function tooManyRequests({ headers, url }: Reply, { token }: HubSettings): PassingError {
  const wait = waitOf(headers)
  const advice = token ? 'try again later' : 'try again later, or set HF_TOKEN, since more is allowed with an account'
  return new PassingError(
    `${url.host} allows no more requests${wait === undefined ? ' for now' : ` for ${Math.ceil(wait)} s`}: ${advice}`,
    wait,
  )
}

/** Seconds: from Retry-After (RFC 9110, 10.2.3: seconds or a date), or from the hub's `RateLimit: "api";r=0;t=55`. */
function waitOf(headers: Headers): number | undefined {
  const after = headers.get('retry-after')
  const limit = headers.get('ratelimit')?.match(/;\s*t=(\d+)/)
  if (after === null) return limit ? Number(limit[1]) : undefined
  const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}
