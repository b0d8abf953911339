import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Examination } from './examine.js'

const program = fileURLToPath(new URL('./examine.js', import.meta.url))

/** What a process may have for objects, in MB. */
const heapLimit = 384

/** What one step with a broken model may take: far above what a sound one of its size does. */
export const limits = { seconds: 2, peakBytes: 512e6 }

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
    const watch = setInterval(() => performance.now() - begun > 30_000 && child.kill('SIGKILL'), 500)
    for await (const line of createInterface(child.stdout)) {
      begun = performance.now()
      const result: Examination = JSON.parse(line)
      if (result.fault === undefined) continue
      next++
      yield result
    }
    clearInterval(watch)
    const end = await closed
    if (next >= to) return
    const error = { name: 'Died', message: `the process ended with ${end}: ${complaint.slice(-400)}`, stack: complaint }
    yield { index: next++, fault: '?', step: '?', error, seconds: (performance.now() - begun) / 1000 }
  }
}

/** What is wrong with how a broken model was handled: it may work, or be refused in one plain sentence. */
export function complaintAbout({ step, error, seconds, peakBytes }: Examination): string | undefined {
  if (seconds > limits.seconds) return `took ${seconds.toFixed(1)} s`
  if (peakBytes && peakBytes > limits.peakBytes) return `took ${(peakBytes / 1e6).toFixed(0)} MB`
  if (!error) return undefined
  const { name, message } = error
  // What was read can be explained, unless a node is not as its operator asks.
  const refusals = step === 'read' ? ['Error', 'UserError', 'GraphError', 'NodeError'] : ['NodeError']
  if (!refusals.includes(name)) return `${name}: ${message}`
  if (/\p{Cc}/u.test(message)) return `more than a sentence: ${JSON.stringify(message)}`
  if (message.length > 1000) return `${message.length} characters: ${message.slice(0, 200)}`
  if (/undefined|null|NaN|Infinity|\[object|is not a function|not iterable|Maximum call|Invalid array/.test(message))
    return `words of the machine: ${message}`
  return undefined
}
