/** A fraction as a percentage: `93.4 %`, or a dash where there is none. */
export function percent(fraction: number | undefined, digits = 1): string {
  return fraction !== undefined && Number.isFinite(fraction) ? `${(fraction * 100).toFixed(digits)} %` : '–'
}

/** A loss or a learning rate with the digits that matter, or a dash where it is no number. */
export function decimal(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return '–'
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(2) : value.toFixed(digits)
}

/** An ISO date to the minute, in words that sort: `2025-01-31 09:05 UTC`. What is no date stays as it is. */
export function minute(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
