import { Presets, SingleBar } from 'cli-progress'

/** Shows how far a task has come, with the time left, on standard error. */
export interface Progress {
  update(done: number, note?: string): void
  /** Removes the bar; what it showed is over. */
  stop(): void
}

/** A live bar on a terminal; elsewhere a plain line every ten seconds. */
export function startProgress(title: string, total: number, format: (amount: number) => string = String): Progress {
  return process.stderr.isTTY ? liveBar(title, total, format) : plainLines(title, total, format)
}

function liveBar(title: string, total: number, formatAmount: (amount: number) => string): Progress {
  const bar = new SingleBar(
    {
      stream: process.stderr,
      clearOnComplete: true,
      etaBuffer: 30,
      format: `${title} {bar} {percentage}% | {value}/{total} | {eta_formatted} left{note}`,
      formatValue: (value, _, type) => (['value', 'total'].includes(type) ? formatAmount(value) : String(value)),
    },
    Presets.shades_classic,
  )
  bar.start(total, 0, { note: '' })
  // The bar has turned line wrapping off: where nobody else listens, Ctrl-C must turn it on before it ends the process.
  const onInterrupt = () => {
    bar.stop()
    process.kill(process.pid, 'SIGINT')
  }
  if (process.listenerCount('SIGINT') === 0) process.once('SIGINT', onInterrupt)
  return {
    update: (done, note) => bar.update(done, { note: note ? ` | ${note}` : '' }),
    stop() {
      process.off('SIGINT', onInterrupt)
      bar.stop()
    },
  }
}

const plainInterval = 10_000

function plainLines(title: string, total: number, format: (amount: number) => string): Progress {
  const start = performance.now()
  let last = start
  let first: { done: number; at: number } | undefined
  return {
    update(done, note) {
      const now = performance.now()
      // Time left is judged from the first report on: what came before it was setting up.
      first ??= { done, at: now }
      if (now - last < plainInterval) return
      last = now
      const left = ((now - first.at) / Math.max(done - first.done, 1)) * (total - done)
      process.stderr.write(
        `${title} ${format(done)}/${format(total)}, ${formatDuration(left / 1000)} left${note ? `, ${note}` : ''}\n`,
      )
    },
    stop() {},
  }
}

/** Seconds as `45s`, `3m20s` or `2h05m`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  if (hours > 0) return `${hours}h${two(minutes)}m`
  return minutes > 0 ? `${minutes}m${two(whole % 60)}s` : `${whole}s`
}
