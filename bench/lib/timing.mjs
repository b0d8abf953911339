/** The time that an action takes, in milliseconds. */
export async function timed(action) {
  const started = performance.now()
  await action()
  return performance.now() - started
}

/**
 * The median of what each task returns, in `rounds` rounds in which they take turns (A B A B …), so that a machine that
 * slows down slows all of them. One round before warms caches up and does not count.
 */
export async function medians(tasks, rounds) {
  const found = tasks.map(() => [])
  for (let round = 0; round <= rounds; round++)
    for (const [i, task] of tasks.entries()) {
      const value = await task()
      if (round > 0) found[i].push(value)
    }
  return found.map(median)
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
