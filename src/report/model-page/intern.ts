/** Gives equal things one index, so that each is written once. */
export class Interner<T> {
  readonly items: T[] = []
  private readonly indices = new Map<string, number>()

  constructor(private readonly keyOf: (item: T) => string) {}

  add(item: T): number {
    const key = this.keyOf(item)
    let index = this.indices.get(key)
    if (index === undefined) {
      index = this.items.push(item) - 1
      this.indices.set(key, index)
    }
    return index
  }
}
