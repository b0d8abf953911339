/**
 * Yields `make(i)` for i from `start` to `end` − 1 and makes the next item while the caller works on the last. A failure
 * is thrown when its item's turn comes. When the generator is closed early, the signal of the item in the making is
 * aborted, and closing waits for it to settle: afterwards nothing is used any more.
 */
export async function* prefetch<T>(
  start: number,
  end: number,
  make: (index: number, signal: AbortSignal) => Promise<T>,
): AsyncGenerator<T, void, void> {
  const abort = new AbortController()
  const begin = (index: number) => {
    if (index >= end) return undefined
    const item = make(index, abort.signal)
    item.catch(() => {}) // its failure is thrown below, and is no unhandled rejection until then
    return item
  }
  let next = begin(start)
  try {
    for (let index = start + 1; next !== undefined; index++) {
      const item = await next
      next = begin(index)
      yield item
    }
  } finally {
    abort.abort()
    await next?.catch(() => {})
  }
}
