/**
 * Calls `work` on every item, `limit` at a time, and gives the results in the order of the items. Once a call fails or
 * the signal is aborted no further one is begun; the promise settles when none is running any more.
 * @throws what the first failing call threw, or the signal's reason
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const failures: unknown[] = []
  const lane = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++
      try {
        signal?.throwIfAborted()
        results[index] = await work(items[index]!, index)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, lane))
  if (failures.length > 0) throw failures[0]
  return results
}
