import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { understand } from '../../inspect/index.js'
import { readModel } from '../../onnx/index.js'
import { openFile } from '../../runtime/node/index.js'
import { writeBroken } from './index.js'

/**
 * A process of its own: `examine.js SEED FROM TO` does all that can be done with broken models of these numbers, and
 * prints a line of JSON when it begins one and one when it is through, an `Examination`.
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
  /** The most memory that the process had meanwhile, in bytes; none where the system does not tell. */
  peakBytes?: number | undefined
}

async function examine(seed: number, index: number): Promise<Examination> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-broken-'))
  const { fault, path } = writeBroken(seed, index, folder)
  const steps = [{ name: 'read', start: 0 }]
  const enter = (name: string) => steps.push({ name, start: performance.now() })
  globalThis.gc?.()
  resetPeak()
  steps[0]!.start = performance.now()
  let error: Examination['error']
  try {
    await work(path, folder, enter)
  } catch (thrown) {
    const { name, message, stack } = thrown as Error
    error = { name, message: message.slice(0, 2000), stack: (stack ?? '').slice(message.length) }
  }
  enter('end')
  const seconds = Math.max(...steps.slice(1).map(({ start }, i) => start - steps[i]!.start)) / 1000
  const peakBytes = peak()
  rmSync(folder, { recursive: true })
  return { index, fault, step: steps.at(-2)!.name, seconds, peakBytes, ...(error && { error }) }
}

async function work(path: string, folder: string, enter: (step: string) => void): Promise<void> {
  const opened: { close(): void }[] = []
  const open = (path: string) => {
    const file = openFile(path)
    opened.push(file)
    return file
  }
  try {
    const model = readModel(open(path), (location) => open(join(folder, location)))
    enter('understand')
    understand(model.graph)
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
for (let index = from; index < to; index++) {
  console.log(JSON.stringify({ index }))
  console.log(JSON.stringify(await examine(seed, index)))
}
