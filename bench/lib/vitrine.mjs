import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/**
 * Runs `vitrine …` in a process of its own and gives its standard output, wall time in seconds and, where `watchMemory`
 * is set, `peakBytes`; progress goes to our standard error where `showProgress` is set.
 * @throws where the command fails
 */
export async function vitrine(args, { showProgress = false, watchMemory = false } = {}) {
  const started = performance.now()
  const stdio = ['ignore', 'pipe', showProgress ? 'inherit' : 'pipe']
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], { stdio })
  const peak = watchMemory ? watchPeakMemory(child.pid) : undefined
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name]?.setEncoding('utf8').on('data', (text) => (output[name] += text))
  let wall = 0
  child.on('exit', () => (wall = (performance.now() - started) / 1000))
  const code = await new Promise((resolve) => child.on('close', resolve))
  const peakBytes = peak?.()
  if (code !== 0) throw new Error(`vitrine ${args.join(' ')} ended with code ${code}: ${output.stderr}`)
  return { stdout: output.stdout, seconds: wall, peakBytes }
}

/**
 * Reads a process's peak resident memory (VmHWM, which the kernel keeps) every 50 ms, from outside. The function it
 * returns stops that and gives the bytes, or undefined where there is no /proc.
 */
function watchPeakMemory(pid) {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return () => undefined
  let peak = 0
  const read = () => {
    try {
      peak = Number(readFileSync(path, 'utf8').match(/VmHWM:\s+(\d+) kB/)?.[1] ?? peak / 1024) * 1024
    } catch {
      // The process has just ended.
    }
  }
  const timer = setInterval(read, 50)
  return () => {
    clearInterval(timer)
    return peak
  }
}
