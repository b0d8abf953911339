/** A count in few letters: `86.6 M`. */
export function short(count: number): string {
  const units = ['', ' k', ' M', ' G', ' T']
  let unit = 0
  let value = count
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toPrecision(3)}${units[unit]}`
}

/** Every digit, in groups. */
export const whole = (count: number): string => count.toLocaleString('en')

export function bytes(count: number): string {
  return count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${(count / 1e6).toPrecision(3)} MB`
}

export function duration(microseconds: number): string {
  return microseconds < 1000 ? `${Math.round(microseconds)} µs` : `${(microseconds / 1000).toPrecision(3)} ms`
}

/** A weight's number. */
export const real = (number: number): string =>
  number !== 0 && (Math.abs(number) < 1e-3 || Math.abs(number) >= 1e5)
    ? number.toExponential(2)
    : String(+number.toPrecision(4))
