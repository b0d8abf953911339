import type { Random } from '../../random.js'
import { type Color, css, d, fill, lighten, num, type Point, petalPath, stroke, vary } from './paint.js'

const greens: readonly Color[] = [
  [100, 45, 36],
  [118, 36, 32],
  [84, 48, 42],
  [140, 28, 38],
]

/** A stalk from a flower's head down to the ground. */
export interface Stem {
  head: Point
  bend: Point
  foot: Point
  width: number
  color: Color
}

/** A stem for a head of `radius`, bent at random. */
export function growStem(random: Random, head: Point, radius: number, thickness: number): Stem {
  const foot = { x: head.x + random.uniform(-14, 14), y: 108 }
  const bend = { x: head.x + random.uniform(-7, 7), y: (head.y + foot.y) / 2 }
  return { head, bend, foot, width: radius * thickness, color: vary(random.pick(greens), random) }
}

/** The stalk in two tones, lit from the left. */
export function drawStem({ head, bend, foot, width, color }: Stem): string {
  const data = d`M${head.x} ${head.y}Q${bend.x} ${bend.y} ${foot.x} ${foot.y}`
  return (
    stroke(data, css(lighten(color, -8)), width) +
    stroke(data, css(lighten(color, 10)), width * 0.4, `transform="translate(${num(-width * 0.18)})"`)
  )
}

/** The point `along` (0 head, 1 foot) of a stem. */
function pointOn({ head, bend, foot }: Stem, along: number): Point {
  const mix = (a: number, b: number, c: number) => (1 - along) ** 2 * a + 2 * along * (1 - along) * b + along ** 2 * c
  return { x: mix(head.x, bend.x, foot.x), y: mix(head.y, bend.y, foot.y) }
}

/** A leaf drawn upright from the origin, with its rib, moved to a place and turned there. */
function place(data: string, rib: number, color: Color, at: Point, degrees: number): string {
  const turn = `transform="translate(${num(at.x)} ${num(at.y)}) rotate(${num(degrees)})"`
  return `<g ${turn}>${fill(data, css(color))}${stroke(d`M0 0V${-rib}`, css(lighten(color, 14)), rib * 0.025)}</g>`
}

/** Leaves for one plant whose head has `radius`; `scale` makes up for the many sizes. */
export type Leaves = (random: Random, stem: Stem, radius: number) => string

/** Small blunt leaves around the foot. */
export const spoonLeaves: Leaves = (random, stem, radius) => {
  const at = { x: stem.foot.x, y: Math.min(102, stem.foot.y) }
  return [-62, -30, 34, 66]
    .map((angle) => {
      const length = radius * random.uniform(0.8, 1.2)
      return place(petalPath(0, length, length * 0.18, 0.9), length, vary(stem.color, random), at, angle)
    })
    .join('')
}

/** Long leaves with teeth that point back, the lion's teeth of the name. */
export const jaggedLeaves: Leaves = (random, stem, radius) => {
  const at = { x: stem.foot.x, y: 103 }
  return [-58, -24, 28, 60]
    .map((angle) => {
      const length = radius * random.uniform(1.3, 1.8)
      return place(jagged(length), length, vary(stem.color, random), at, angle + random.uniform(-8, 8))
    })
    .join('')
}

function jagged(length: number): string {
  const teeth = [0.15, 0.32, 0.5, 0.68, 0.86]
  const side = (sign: number) =>
    teeth.map((t) => {
      const width = sign * length * 0.2 * Math.sin(Math.PI * Math.min(0.95, t + 0.12))
      return [d`L${sign * length * 0.035} ${-length * (t + 0.03)}`, d`L${width} ${-length * (t - 0.01)}`] as const
    })
  const up = side(-1).map(([notch, tip]) => tip + notch)
  const down = side(1).map(([notch, tip]) => notch + tip)
  return `M0 0${up.join('')}${d`L0 ${-length}`}${down.reverse().join('')}Z`
}

/** Pairs of saw-edged leaves on the stem, and thorns. */
export const roseLeaves: Leaves = (random, stem, radius) => {
  let shapes = ''
  for (const along of [random.uniform(0.35, 0.5), random.uniform(0.6, 0.8)]) {
    const at = pointOn(stem, along)
    for (const angle of [-62, 58]) {
      const length = radius * random.uniform(0.7, 1)
      shapes += place(
        serrated(length),
        length,
        vary(lighten(stem.color, -5), random),
        at,
        angle + random.uniform(-14, 14),
      )
    }
    const thorn = pointOn(stem, along - 0.12)
    const size = stem.width * random.pick([-1.3, 1.3])
    shapes += fill(
      d`M${thorn.x} ${thorn.y - stem.width * 0.6}l${size} ${stem.width * 0.1}L${thorn.x} ${thorn.y + stem.width * 0.6}Z`,
      css(lighten(stem.color, -10)),
    )
  }
  return shapes
}

function serrated(length: number): string {
  const steps = [0.12, 0.26, 0.4, 0.54, 0.68, 0.82]
  const half = (t: number) => length * 0.36 * Math.sin(Math.PI * (0.1 + 0.86 * t) ** 0.8)
  const up = steps.map((t) => d`L${-half(t)} ${-length * t}L${-half(t + 0.09) * 0.86} ${-length * (t + 0.05)}`)
  const down = steps.map((t) => d`L${half(t + 0.09) * 0.86} ${-length * (t + 0.05)}L${half(t)} ${-length * t}`)
  return `M0 0${up.join('')}${d`L0 ${-length}`}${down.reverse().join('')}Z`
}

/** Large heart-shaped leaves on the stem. */
export const heartLeaves: Leaves = (random, stem, radius) =>
  [-1, 1]
    .map((side) => {
      const length = radius * random.uniform(0.9, 1.3)
      const width = length * 0.5
      const heart = d`M0 0C${-width} ${length * 0.2} ${-width * 1.2} ${-length * 0.45} 0 ${-length}C${width * 1.2} ${-length * 0.45} ${width} ${length * 0.2} 0 0Z`
      return place(
        heart,
        length,
        vary(stem.color, random),
        pointOn(stem, random.uniform(0.4, 0.75)),
        side * random.uniform(45, 80),
      )
    })
    .join('')

/** Long smooth blades from the ground. */
export const lanceLeaves: Leaves = (random, stem, radius) =>
  [-1, 1]
    .map((side) => {
      const length = Math.min(70, radius * random.uniform(2, 3))
      const tilt = side * random.uniform(8, 28)
      return place(
        petalPath(0, length, length * 0.11, 0.1),
        length,
        vary([stem.color[0] + 12, 30, 40], random),
        { x: stem.foot.x, y: 106 },
        tilt,
      )
    })
    .join('')

/** Blades of grass in front of everything, up to `height` tall. */
export function drawGrass(random: Random, blades: number, height: number): string {
  const tones = Array.from({ length: 3 }, () => vary(random.pick(greens), random))
  const data = tones.map(() => '')
  for (let i = 0; i < blades; i++) {
    const x = random.uniform(-4, 104)
    const tip = { x: x + random.uniform(-12, 12), y: 100 - height * random.uniform(0.35, 1) }
    const [half, middle] = [random.uniform(0.6, 1.5), (tip.y + 100) / 2 - 4]
    data[i % 3] += d`M${x - half} 101Q${x - half} ${middle} ${tip.x} ${tip.y}Q${x + half} ${middle} ${x + half} 101Z`
  }
  return data.map((path, i) => (path ? fill(path, css(tones[i]!)) : '')).join('')
}
