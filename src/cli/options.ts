import { InvalidArgumentError } from 'commander'

/** Parsers for the values of options. Each throws what Commander prints as wrong usage. */

/** A whole number from `low` up. */
export const wholeNumber =
  (low = 0) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < low)
      throw new InvalidArgumentError(`give a whole number from ${low} up.`)
    return value
  }

/** A number above `low`, or from it with `inclusive`, and below `high`. */
export const numberBetween =
  (low: number, high: number, { inclusive = false } = {}) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !(value > low || (inclusive && value === low)) || !(value < high))
      throw new InvalidArgumentError(
        `give a number ${inclusive ? `from ${low}` : `above ${low}`}${Number.isFinite(high) ? `, below ${high}` : ''}.`,
      )
    return value
  }
