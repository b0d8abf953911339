import { type Html, html, raw } from './html.js'

/** One direction of a plot. */
export interface Axis {
  title: string
  range: readonly [number, number]
  ticks: readonly number[]
  format: (value: number) => string
  /** Powers of ten at equal distances. */
  logarithmic?: boolean
}

const [width, height] = [520, 320]
const [left, right, top, bottom] = [58, 24, 12, 46]

/** A frame with two axes, drawn as SVG: it takes its colours from the page, so light, dark and paper need no script. */
export class Plot {
  constructor(
    private readonly horizontal: Axis,
    private readonly vertical: Axis,
  ) {}

  /** Pixels from the left. */
  x(value: number): number {
    return round(left + placeOf(value, this.horizontal) * (width - left - right))
  }

  /** Pixels from the top. */
  y(value: number): number {
    return round(height - bottom - placeOf(value, this.vertical) * (height - top - bottom))
  }

  /** A line through the points, in the order given. */
  line(points: readonly (readonly [x: number, y: number])[], kind: string): Html {
    const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${this.x(x)} ${this.y(y)}`).join('')
    return html`<path class="${kind}" d="${raw(path)}"/>`
  }

  /** The whole picture; `label` tells it to those who cannot see it. */
  render(content: Html, label: string): Html {
    const [x, y] = [this.horizontal, this.vertical]
    const columns = x.ticks.map(
      (tick) => html`<path class="grid" d="M${this.x(tick)} ${top}V${height - bottom}"/>
<text x="${this.x(tick)}" y="${height - bottom + 17}" text-anchor="middle">${x.format(tick)}</text>`,
    )
    const rows = y.ticks.map(
      (tick) => html`<path class="grid" d="M${left} ${this.y(tick)}H${width - right}"/>
<text x="${left - 7}" y="${this.y(tick) + 4}" text-anchor="end">${y.format(tick)}</text>`,
    )
    return html`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${columns}${rows}${content}
<text x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">${x.title}</text>
<text transform="translate(13,${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${y.title}</text></svg>`
  }
}

/** Where between the ends of its axis a value is, 0 to 1. */
function placeOf(value: number, { range, logarithmic }: Axis): number {
  const [from, to, at] = [...range, value].map((end) => (logarithmic ? Math.log(end) : end)) as [number, number, number]
  return (at - from) / (to - from)
}

/** Round values that divide a range into about `count` parts. */
export function roundTicks([from, to]: readonly [number, number], count: number): number[] {
  const rough = (to - from) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step)
}

/** The powers of ten within a range. */
export function powersOfTen([from, to]: readonly [number, number]): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9)
  return Array.from({ length: Math.floor(Math.log10(to) + 1e-9) - first + 1 }, (_, i) => 10 ** (first + i))
}

const round = (pixels: number) => Math.round(pixels * 10) / 10
