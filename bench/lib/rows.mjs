/** Rows of the table. `format` turns a value into text. A value that is no number falls short. */

export const atMost = (figure, value, limit, format) => ({
  figure,
  required: `≤ ${format(limit)}`,
  measured: format(value),
  ok: value <= limit,
})

export const atLeast = (figure, value, limit, format) => ({
  figure,
  required: `≥ ${format(limit)}`,
  measured: format(value),
  ok: value >= limit,
})

export const info = (figure, measured) => ({ figure, measured })

export const percent = (share) => `${(100 * share).toFixed(1)} %`
export const seconds = (value) => `${value.toFixed(value < 10 ? 2 : 0)} s`
export const milliseconds = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`
export const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`
export const count = (value) => String(value)
export const ratio = (value) => value.toFixed(2)
export const error = (value) => value.toExponential(1)
