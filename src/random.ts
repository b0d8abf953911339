/**
 * A seeded random generator: the same keys give the same numbers on every machine.
 * Keys name a stream, as in `new Random(seed, 'shuffle', epoch)`, so that streams never depend on the order of their use
 * and training can be taken up again anywhere.
 *
 * The generator is sfc32 (Doty-Humphrey, PractRand); keys are hashed into its state with MurmurHash3's finalizer.
 */
export class Random {
  private state: Int32Array

  constructor(...keys: (number | string)[]) {
    this.state = new Int32Array([0x9e3779b9, 0x243f6a88, 0xb7e15162, 1])
    for (const key of keys) this.absorb(typeof key === 'number' ? `#${key}` : key)
    for (let i = 0; i < 12; i++) this.bits()
  }

  private absorb(key: string) {
    const s = this.state
    for (let i = 0; i <= key.length; i++) {
      // A terminator outside the range of UTF-16 keeps ('ab', 'c') and ('a', 'bc') apart.
      const code = i < key.length ? key.charCodeAt(i) : 0x10000
      s[i & 1] = mix(s[i & 1]! ^ Math.imul(code + s[2]!, 0x85ebca6b))
      s[2] = mix(s[2]! + s[i & 1]!)
    }
  }

  /** 32 random bits, as a signed integer. */
  bits(): number {
    const s = this.state
    const sum = (s[0]! + s[1]! + s[3]!) | 0
    s[3] = s[3]! + 1
    s[0] = s[1]! ^ (s[1]! >>> 9)
    s[1] = s[2]! + (s[2]! << 3)
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum
    return sum
  }

  /** A number in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + ((this.bits() >>> 0) / 2 ** 32) * (high - low)
  }

  /** An integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count)
  }

  /** A draw from the normal distribution, by the method of Box and Muller. */
  normal(mean = 0, std = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return mean + std * radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)]!
  }

  /** A shuffled copy (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const result = items.slice()
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const swapped = result[i]!
      result[i] = result[j]!
      result[j] = swapped
    }
    return result
  }
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
