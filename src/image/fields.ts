import { UserError } from '../errors.js'
import type { Channels, Size } from './preprocessor-config.js'

/** The fields of a JSON object, each checked as it is read. What is null counts as missing. */
export class Fields {
  readonly values: Record<string, unknown>

  constructor(
    json: unknown,
    private fileName: string,
  ) {
    if (!isObject(json)) throw new UserError(`${fileName} must hold a JSON object with the preprocessing of a model`)
    this.values = json
  }

  /** The parsed value of a field. `parse` gives undefined for what it does not take. */
  get<T>(name: string, parse: (value: unknown) => T | undefined, wanted: string, fallback?: unknown): T {
    const parsed = parse(this.values[name] ?? fallback)
    return parsed === undefined ? this.fail(name, wanted) : parsed
  }

  has(name: string): boolean {
    return (this.values[name] ?? undefined) !== undefined
  }

  /** A switch. null is off, as Python's None is. */
  flag(name: string, fallback: boolean): boolean {
    if (this.values[name] === null) return false
    return this.get(name, (value) => (typeof value === 'boolean' ? value : undefined), 'true or false', fallback)
  }

  choice<const T extends string>(name: string, choices: readonly T[], fallback: NoInfer<T>): T {
    const wanted = `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
    return this.get(name, (value) => choices.find((choice) => choice === value), wanted, fallback)
  }

  fail(name: string, wanted: string): never {
    const value = this.values[name]
    const found = value === undefined ? 'it is missing' : `not ${JSON.stringify(value)}`
    throw new UserError(`${this.fileName}: "${name}" must be ${wanted}, ${found}`)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A length in pixels. Above the limit nobody means it, and memory would be at stake. */
export function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 16384
}

/** A number for a square, [height, width], or both by name. */
export function parseSize(value: unknown): Size | undefined {
  const [height, width] = isLength(value)
    ? [value, value]
    : Array.isArray(value) && value.length === 2
      ? value
      : isObject(value)
        ? [value.height, value.width]
        : []
  return isLength(height) && isLength(width) ? { height, width } : undefined
}

export function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined
}

/** One value a channel, for three or for one. A bare number holds for all three. */
export function parseChannels(value: unknown): Channels | undefined {
  const list = typeof value === 'number' ? [value, value, value] : value
  if (!Array.isArray(list) || (list.length !== 3 && list.length !== 1) || !list.every(Number.isFinite)) return undefined
  return [...list] as Channels
}

export function parsePositiveChannels(value: unknown): Channels | undefined {
  const channels = parseChannels(value)
  return channels?.every((number) => number > 0) ? channels : undefined
}
