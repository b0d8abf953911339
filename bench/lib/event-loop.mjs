const interval = 10

/** A timer every 10 ms that notes when it was called and by how much it was late: so long the event loop stood still. */
export class EventLoopWatch {
  /** Times by performance.now(), in milliseconds; `rss` is the process's resident memory in bytes. */
  ticks = []
  #timer

  start() {
    if (this.#timer) return
    let from = performance.now()
    this.#timer = setInterval(() => {
      const to = performance.now()
      this.ticks.push({ from, to, late: to - from - interval, rss: process.memoryUsage.rss() })
      from = to
    }, interval)
  }

  stop() {
    clearInterval(this.#timer)
  }
}
