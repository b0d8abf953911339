import type { Random } from '../../random.js'

/** Hue in degrees, saturation and lightness in percent. */
export type Color = readonly [hue: number, saturation: number, lightness: number]

/** A point of a drawing. */
export interface Point {
  x: number
  y: number
}

/** `#rrggbb`, which every SVG renderer reads. Saturation and lightness are clipped to 0..100. */
export function css([hue, saturation, lightness]: Color): string {
  const s = clip(saturation) / 100
  const l = clip(lightness) / 100
  const channel = (offset: number) => {
    const k = (((offset + hue / 30) % 12) + 12) % 12
    const value = l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}

function clip(percent: number): number {
  return Math.min(100, Math.max(0, percent))
}

/** The same colour, `by` percent points lighter, or darker where `by` is negative. */
export function lighten([hue, saturation, lightness]: Color, by: number): Color {
  return [hue, saturation, clip(lightness + by)]
}

/** A colour near `color`. */
export function vary([hue, saturation, lightness]: Color, random: Random, amount = 1): Color {
  return [
    hue + random.uniform(-8, 8) * amount,
    clip(saturation + random.uniform(-10, 10) * amount),
    clip(lightness + random.uniform(-5, 5) * amount),
  ]
}

/** An attribute's number, with two decimals. */
export function num(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** Path data from a template. Drawings are 100 wide, flower heads 200: one decimal is more than the eye can tell. */
export function d(strings: TemplateStringsArray, ...values: number[]): string {
  return strings.reduce((text, part, i) => text + Math.round(values[i - 1]! * 10) / 10 + part)
}

/** A filled path. */
export function fill(data: string, paint: string, attributes = ''): string {
  return `<path d="${data}" fill="${paint}" ${attributes}/>`
}

/** A stroked path with round ends. */
export function stroke(data: string, paint: string, width: number, attributes = ''): string {
  return `<path d="${data}" fill="none" stroke="${paint}" stroke-width="${num(width)}" stroke-linecap="round" ${attributes}/>`
}

/** A disc. */
export function disc(x: number, y: number, radius: number, paint: string, attributes = ''): string {
  return `<circle cx="${num(x)}" cy="${num(y)}" r="${num(radius)}" fill="${paint}" ${attributes}/>`
}

/** Many dots of one size as a single path, which renders much faster than as many circles. */
export function dots(points: readonly Point[], diameter: number, paint: string, attributes = ''): string {
  return stroke(points.map(({ x, y }) => d`M${x} ${y}h.01`).join(''), paint, diameter, attributes)
}

/** The point `radius` away from the origin; 0 degrees points up, 90 to the right. */
export function polar(degrees: number, radius: number): Point {
  const angle = (degrees * Math.PI) / 180
  return { x: Math.sin(angle) * radius, y: -Math.cos(angle) * radius }
}

/** `count` points spread evenly over a disc, as seeds are in a flower head (Vogel 1979). */
export function phyllotaxis(count: number, radius: number): Point[] {
  return Array.from({ length: count }, (_, i) => polar(i * 137.508, radius * Math.sqrt((i + 0.5) / count)))
}

/** A petal or leaf that points up from (0, -inner) to (0, -outer); `roundness` 0 gives a point, 1 a blunt end. */
export function petalPath(inner: number, outer: number, halfWidth: number, roundness: number): string {
  const length = outer - inner
  const belly = inner + length * 0.32
  // A cubic reaches about three quarters of the way to its control points.
  const width = halfWidth / 0.75
  const endX = width * (0.5 + 0.45 * roundness)
  const endY = outer - length * 0.34 * (1 - roundness)
  return (
    d`M0 ${-inner}C${-width} ${-belly} ${-endX} ${-endY} 0 ${-outer}` +
    d`C${endX} ${-endY} ${width} ${-belly} 0 ${-inner}Z`
  )
}

/** A stop of a gradient: offset 0..1, colour, and opacity where it is not opaque. */
export type Stop = readonly [offset: number, color: Color, opacity?: number]

/** The gradients of one drawing. Each method returns the `url(#…)` to paint with. */
export class Gradients {
  private readonly elements: string[] = []

  /** From the top of a shape to its bottom, turned by `degrees`. */
  linear(stops: readonly Stop[], degrees = 0): string {
    const turn = degrees === 0 ? '' : ` gradientTransform="rotate(${num(degrees)} .5 .5)"`
    return this.define('linearGradient', `x1="0" y1="0" x2="0" y2="1"${turn}`, stops)
  }

  /** From the middle of a shape to its edge; the light comes from the upper left where `lit`. */
  radial(stops: readonly Stop[], lit = false): string {
    return this.define('radialGradient', lit ? 'fx=".36" fy=".32"' : '', stops)
  }

  /** Rings around the origin, the same for every shape that is painted with it. */
  rings(radius: number, stops: readonly Stop[]): string {
    return this.define('radialGradient', `gradientUnits="userSpaceOnUse" cx="0" cy="0" r="${num(radius)}"`, stops)
  }

  private define(element: string, attributes: string, stops: readonly Stop[]): string {
    const id = `g${this.elements.length}`
    const list = stops.map(([offset, color, opacity]) => {
      const veil = opacity === undefined ? '' : ` stop-opacity="${num(opacity)}"`
      return `<stop offset="${num(offset)}" stop-color="${css(color)}"${veil}/>`
    })
    this.elements.push(`<${element} id="${id}" ${attributes}>${list.join('')}</${element}>`)
    return `url(#${id})`
  }

  /** The `<defs>` element with all of them. */
  toString(): string {
    return `<defs>${this.elements.join('')}</defs>`
  }
}
