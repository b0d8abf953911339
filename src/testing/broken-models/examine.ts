import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { understand } from '../../inspect/index.js'
import { formatInspection } from '../../inspect/inspection/format-inspection.js'
import { inspectModel } from '../../inspect/inspection/inspect-model.js'
import { optimize } from '../../inspect/optimize/index.js'
import { readModel } from '../../onnx/index.js'
import { renderModelPage } from '../../report/model-page/index.js'
import { openFile } from '../../runtime/node/index.js'
import { inlineRuntime } from '../../runtime/node/runtime.js'
import { writeBroken } from './index.js'

/**
 * A process of its own: `examine.js SEED FROM TO` does all that can be done with broken models of these numbers, and
 * prints a line of JSON for each step that it begins, and one when it is through with a model, an `Examination`.
 */

/** What became of a broken model. */
export interface Examination {
  index: number
  fault: string
  /** The last step that was taken. */
  step: string
  /** What stopped it; none where everything worked. */
  error?: { name: string; message: string; stack: string }
  /** What the longest step took. */
  seconds: number
  /** Of the model file. */
  bytes: number
  /** The most memory that the process had meanwhile, in bytes; none where the system does not tell. */
  peakBytes?: number | undefined
}

async function examine(seed: number, index: number): Promise<Examination> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-broken-'))
  const { fault, path } = writeBroken(seed, index, folder)
  const state = { index, fault, step: '', seconds: 0, bytes: statSync(path).size }
  let begun = clocks()
  const enter = (step: string) => {
    const now = clocks()
    // What others do on the machine makes a step longer; several threads that compute take more than one at a time.
    const seconds = Math.min(now.wall - begun.wall, now.computing - begun.computing)
    if (state.step) state.seconds = Math.max(state.seconds, seconds)
    begun = now
    if (step === 'end') return
    state.step = step
    console.log(JSON.stringify({ index, fault, step }))
  }
  globalThis.gc?.()
  resetPeak()
  let error: Examination['error']
  try {
    await work(path, folder, enter)
  } catch (thrown) {
    const { name, message, stack } = thrown as Error
    error = { name, message: message.slice(0, 2000), stack: (stack ?? '').slice(message.length) }
  }
  enter('end')
  const peakBytes = peak()
  rmSync(folder, { recursive: true })
  return { ...state, peakBytes, ...(error && { error }) }
}

/** In seconds. */
function clocks() {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now() / 1000, computing: (user + system) / 1e6 }
}

/** ONNX Runtime's own time to load a chain of nodes grows with the square of their number. */
const mostOptimized = 1000

async function work(path: string, folder: string, enter: (step: string) => void): Promise<void> {
  const opened: { close(): void }[] = []
  const open = (path: string) => {
    const file = openFile(path)
    opened.push(file)
    return file
  }
  try {
    enter('read')
    const model = readModel(open(path), (location) => open(join(folder, location)))
    enter('understand')
    const understanding = understand(model.graph)
    enter('text')
    const inspection = inspectModel(model, { understanding })
    formatInspection(inspection)
    JSON.stringify(inspection)
    enter('page')
    renderModelPage(model, { understanding }, { title: 'broken', createdAt: '', script: '' })
    if (model.graph.nodes.length > mostOptimized) return
    enter('optimize')
    await optimize(model.graph, { runtime: inlineRuntime })
  } finally {
    for (const file of opened) file.close()
  }
}

/** Makes the kernel forget the most memory that this process had. */
function resetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Only Linux has it.
  }
}

function peak(): number | undefined {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
  } catch {
    return undefined
  }
}

const [seed, from, to] = process.argv.slice(2).map(Number) as [number, number, number]
for (let index = from; index < to; index++) console.log(JSON.stringify(await examine(seed, index)))
