import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, type as system, totalmem } from 'node:os'
import type { EpochMetrics } from '../train/index.js'
import { formatDuration } from './progress.js'

/** What the time that training took depends on. Neither the machine nor its user is named. */
export function describeMachine(): Record<string, string> {
  return {
    processor: `${cpus()[0]?.model.trim() || arch()}, ${availableParallelism()} cores`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    system: `${system()} ${arch()}, Node ${process.versions.node}`,
  }
}

/** `pictures` are those to learn from; an epoch's time has its validation in it. */
export function describeTime(
  history: readonly EpochMetrics[],
  pictures: number,
  seconds: number,
): Record<string, string> {
  const inEpochs = history.reduce((sum, epoch) => sum + epoch.seconds, 0)
  if (inEpochs === 0) return { 'whole run': formatDuration(seconds) }
  return {
    'whole run': formatDuration(seconds),
    'an epoch': `${formatDuration(inEpochs / history.length)} with validation`,
    pace: `${((history.length * pictures) / inEpochs).toFixed(1)} training pictures a second`,
  }
}

/** Bytes that a process can have without others being pushed out; unknown where the system does not say, as on macOS. */
export function availableMemory(): number | undefined {
  try {
    const [, kilobytes] = /^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))!
    return 1024 * Number(kilobytes)
  } catch {
    return undefined
  }
}
