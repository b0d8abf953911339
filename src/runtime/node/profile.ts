import { fork } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../errors.js'
import { type Graph, readModel } from '../../onnx/index.js'
import type { Tensors } from '../session.js'
import { openFile } from './file-source.js'

/** How a model is run to be measured. */
export interface ProfileOptions {
  /** Runs that are measured; 10 by default. */
  runs?: number
  /** Threads for one operator; by default as many as there are cores. */
  threads?: number
}

/** What ONNX Runtime's profiler says of a model. */
export interface ProfileTrace {
  /** The events of all runs as JSON, in the format of chrome://tracing. The first runs warmed up. */
  trace: string
  /** How many of the runs, the last ones, are to be counted. */
  runs: number
  threads: number
  /** The graph as the runtime changed it before it ran it; only of models that are small enough to be written again. */
  optimized?: Graph
}

/** What the other process is asked to do. */
export interface ProfileRequest {
  model: string
  feeds: Tensors
  runs: number
  threads: number
  /** Where the profile goes: the beginning of its path. */
  prefix: string
  /** Where the graph goes as the runtime changed it. */
  optimizedPath: string | undefined
}

/** Why it could not; undefined where it did. */
export type ProfileReply = { error?: string }

const warmUp = 2
/** Above this, protobuf cannot hold the weights, and writing them takes long. */
const largestCopy = 2 ** 30

/**
 * Runs a model with ONNX Runtime's profiler, all of its optimizations on, in a process of its own: what native code does
 * there harms nobody here. All it writes is in a temporary folder, which is removed.
 * @throws UserError where the runtime cannot load or run it
 */
export async function profileModel(
  model: string,
  bytes: number,
  feeds: Tensors,
  { runs = 10, threads = availableParallelism() }: ProfileOptions = {},
): Promise<ProfileTrace> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-profile-'))
  try {
    const optimizedPath = bytes < largestCopy ? join(folder, 'optimized.onnx') : undefined
    const prefix = join(folder, 'profile')
    const { error } = await ask({ model, feeds, runs: warmUp + runs, threads, prefix, optimizedPath })
    if (error !== undefined) throw new UserError(`ONNX Runtime cannot run ${model}: ${error}`)
    const file = (await readdir(folder)).find((name) => name.startsWith('profile') && name.endsWith('.json'))
    if (!file) throw new Error(`ONNX Runtime wrote no profile of ${model}`)
    const trace = await readFile(join(folder, file), 'utf8')
    const optimized = optimizedPath && readGraph(optimizedPath)
    return { trace, runs, threads, ...(optimized && { optimized }) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The graph alone: its weights are gone with the folder. None where the runtime wrote what is no valid model. */
function readGraph(path: string): Graph | undefined {
  const source = openFile(path)
  try {
    return readModel(source).graph
  } catch {
    return undefined
  } finally {
    source.close()
  }
}

function ask(request: ProfileRequest): Promise<ProfileReply> {
  return new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL('./profile-process.js', import.meta.url))
    const child = fork(script, {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    let reply: ProfileReply | undefined
    child.on('message', (message: ProfileReply) => {
      reply = message
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(reply ?? { error: `it stopped (${signal ?? `exit code ${code}`})` }))
    child.send(request)
  })
}
