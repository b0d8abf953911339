import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Examination } from './examine.js'

const program = fileURLToPath(new URL('./examine.js', import.meta.url))

/** What a process may have for objects, in MB. */
const heapLimit = 384

/** The most that a process may take at any time, with Node itself and ONNX Runtime. */
const mostBytes = 640e6

/**
 * What one step may take: far above what a sound model takes. Files of 100,000 nodes have some megabytes. Drawings are
 * laid out, and optimising runs the model some times.
 */
const mostSeconds = ({ step, bytes }: Examination) => (step === 'page' || step === 'optimize' ? 5 : 2) + bytes / 1e6

/** A step that takes longer than this is ended, in milliseconds. */
const endless = 30_000

/**
 * Examines the broken models from one number to before another, in processes of their own: one that hangs is ended, and
 * one that dies of a model leaves an `Examination` that says so.
 */
export async function* examineBroken(seed: number, from: number, to: number): AsyncGenerator<Examination> {
  for (let next = from; next < to; ) {
    const args = ['--expose-gc', `--max-old-space-size=${heapLimit}`, program, seed, next, to].map(String)
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const closed = new Promise<string>((resolve) => child.on('close', (code, signal) => resolve(`${signal ?? code}`)))
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      complaint += text
    })
    let begun = performance.now()
    let last = { index: next, fault: 'unknown', step: 'none' }
    const watch = setInterval(() => performance.now() - begun > endless && child.kill('SIGKILL'), 500)
    for await (const line of createInterface(child.stdout)) {
      begun = performance.now()
      const now: Examination = JSON.parse(line)
      last = now
      if (now.seconds === undefined) continue
      next++
      yield now
    }
    clearInterval(watch)
    const end = await closed
    if (next >= to) return
    const error = { name: 'Died', message: `the process ended with ${end}`, stack: complaint }
    yield { ...last, index: next++, error, seconds: (performance.now() - begun) / 1000, bytes: 0 }
  }
}

/** What is wrong with how a broken model was handled: it may work, or be refused in one plain sentence. */
export function complaintAbout(examination: Examination): string | undefined {
  const { step, error, seconds, peakBytes } = examination
  if (seconds > mostSeconds(examination)) return `took ${seconds.toFixed(1)} s`
  if (peakBytes && peakBytes > mostBytes) return `took ${(peakBytes / 1e6).toFixed(0)} MB`
  if (!error) return undefined
  const { name, message } = error
  if (!refusals(step).includes(name)) return `${name}: ${message}`
  if (/\p{Cc}/u.test(message)) return `more than a sentence: ${JSON.stringify(message)}`
  if (message.length > 1000) return `${message.length} characters: ${message.slice(0, 200)}`
  if (
    step !== 'optimize' &&
    /undefined|null\b|NaN|Infinity|\[object|is not a function|not iterable|Maximum call/.test(message)
  )
    return `words of the machine: ${message}`
  return undefined
}

/** Errors that refuse a model. What was read can be explained, unless a node is not as its operator asks. */
function refusals(step: string): string[] {
  if (step === 'read') return ['Error', 'UserError', 'GraphError', 'NodeError']
  return step === 'page' || step === 'optimize' ? ['UserError', 'NodeError'] : ['NodeError']
}
