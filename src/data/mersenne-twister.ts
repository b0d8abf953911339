/**
 * Python's `random.Random`: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded and used as CPython
 * does, so that splits made by Python code can be drawn again.
 */
export class PythonRandom {
  private readonly state = new Uint32Array(size)
  private at = size

  /** @param seed as in `random.seed(seed)`: a whole number; its sign does not count */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be a whole number, not ${seed}`)
    this.seedByArray(digitsOf(Math.abs(seed)))
  }

  /** Python's `random.sample(items, count)`: items drawn without replacement, in the order of their draw. */
  sample<T>(items: readonly T[], count: number): T[] {
    const { length } = items
    if (!(Number.isInteger(count) && count >= 0 && count <= length))
      throw new RangeError(`cannot draw ${count} of ${length} items`)
    // CPython weighs the memory of a copy of all items against that of a set of the drawn ones; both draw differently.
    const setSize = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0)
    return length <= setSize ? this.sampleFromPool(items, count) : this.sampleBySet(items, count)
  }

  private sampleFromPool<T>(items: readonly T[], count: number): T[] {
    const pool = items.slice()
    return Array.from({ length: count }, (_, i) => {
      const remaining = pool.length - i
      const drawn = this.below(remaining)
      const item = pool[drawn]!
      pool[drawn] = pool[remaining - 1]!
      return item
    })
  }

  private sampleBySet<T>(items: readonly T[], count: number): T[] {
    const drawn = new Set<number>()
    while (drawn.size < count) drawn.add(this.below(items.length))
    return [...drawn].map((index) => items[index]!)
  }

  /** A whole number in [0, limit), of as many bits as `limit` has, drawn again until it is below. */
  private below(limit: number): number {
    const shift = Math.clz32(limit)
    for (;;) {
      const drawn = this.bits() >>> shift
      if (drawn < limit) return drawn
    }
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    if (this.at === size) this.twist()
    let y = this.state[this.at++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }

  private twist() {
    const s = this.state
    for (let i = 0; i < size; i++) {
      const y = (s[i]! & 0x80000000) | (s[(i + 1) % size]! & 0x7fffffff)
      s[i] = s[(i + middle) % size]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    }
    this.at = 0
  }

  private seedByNumber(seed: number) {
    const s = this.state
    s[0] = seed
    for (let i = 1; i < size; i++) s[i] = Math.imul(1812433253, s[i - 1]! ^ (s[i - 1]! >>> 30)) + i
  }

  /** The reference implementation's init_by_array. */
  private seedByArray(key: readonly number[]) {
    this.seedByNumber(19650218)
    const s = this.state
    let i = 1
    const mix = (factor: number) => Math.imul(s[i - 1]! ^ (s[i - 1]! >>> 30), factor)
    const advance = () => {
      if (++i < size) return
      s[0] = s[size - 1]!
      i = 1
    }
    for (let k = 0; k < Math.max(size, key.length); k++) {
      const j = k % key.length
      s[i] = (s[i]! ^ mix(1664525)) + key[j]! + j
      advance()
    }
    for (let k = 1; k < size; k++) {
      s[i] = (s[i]! ^ mix(1566083941)) - i
      advance()
    }
    s[0] = 0x80000000
  }
}

/** The words of the generator's state, and how far apart it mixes them. */
const size = 624
const middle = 397

/** A number in digits of 32 bits, the lowest first. */
function digitsOf(value: number): number[] {
  const high = Math.floor(value / 2 ** 32)
  return high === 0 ? [value] : [value % 2 ** 32, high]
}
