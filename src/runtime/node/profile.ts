import { fork } from 'node:child_process'
import { rmSync } from 'node:fs'
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
  /** Runs that are measured, fewer where they take long; 10 by default. */
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
  /** Runs that are not measured, and the most that are. */
  warmUp: number
  runs: number
  threads: number
  /** Where the profile goes: the beginning of its path. */
  prefix: string
  /** Where the graph goes as the runtime changed it. */
  optimizedPath: string | undefined
}

/** How many runs were measured, or why that was not possible. */
export type ProfileReply = { runs: number } | { error: string }

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
  const keepClean = removedOnSignal(folder)
  try {
    const optimizedPath = bytes < largestCopy ? join(folder, 'optimized.onnx') : undefined
    const prefix = join(folder, 'profile')
    const reply = await ask({ model, feeds, warmUp, runs, threads, prefix, optimizedPath })
    if ('error' in reply) throw new UserError(`ONNX Runtime cannot run ${model}: ${reply.error}`)
    const file = (await readdir(folder)).find((name) => name.startsWith('profile') && name.endsWith('.json'))
    if (!file) throw new Error(`ONNX Runtime wrote no profile of ${model}`)
    const trace = await readFile(join(folder, file), 'utf8')
    const optimized = optimizedPath && readGraph(optimizedPath)
    return { trace, runs: reply.runs, threads, ...(optimized && { optimized }) }
  } finally {
    keepClean.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What is in the folder may be as large as the model: Ctrl-C must not leave it behind. */
function removedOnSignal(folder: string) {
  const stop = (_: NodeJS.Signals, number: number) => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(128 + number)
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, stop)
  return {
    stop() {
      for (const signal of signals) process.off(signal, stop)
    },
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
