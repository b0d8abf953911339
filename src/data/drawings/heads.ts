import type { Random } from '../../random.js'
import {
  type Color,
  css,
  d,
  disc,
  dots,
  fill,
  type Gradients,
  lighten,
  petalPath,
  phyllotaxis,
  polar,
  stroke,
  vary,
} from './paint.js'

/** Draws a flower's head around the origin, 100 in radius, upright. */
export type Head = (random: Random, gradients: Gradients) => string

/** How a ring of petals looks; lengths in units where the head's radius is 100. */
interface Ring {
  count: number
  inner: number
  outer: number
  halfWidth: number
  roundness: number
  paint: string
  edge: string
}

function ring(random: Random, { count, inner, outer, halfWidth, roundness, paint, edge }: Ring): string {
  const start = random.uniform(0, 360)
  let shapes = ''
  for (let i = 0; i < count; i++) {
    const angle = start + ((i + random.uniform(-0.2, 0.2)) * 360) / count
    const data = petalPath(inner, outer * random.uniform(0.9, 1), halfWidth * random.uniform(0.85, 1.1), roundness)
    shapes += fill(data, paint, `transform="rotate(${Math.round(angle)})"`)
  }
  return `<g stroke="${edge}" stroke-width="1.5">${shapes}</g>`
}

const daisyPetals: readonly Color[] = [
  [45, 20, 97],
  [40, 30, 96],
  [210, 25, 96],
  [335, 70, 90],
  [330, 60, 82],
  [285, 45, 86],
  [50, 80, 88],
]

/** Thin, blunt, mostly white petals around a small yellow cushion. */
export const daisy: Head = (random, gradients) => {
  const color = vary(random.pick(daisyPetals), random, 0.4)
  const tip: Color = random.uniform() < 0.3 ? [335, 65, 80] : color
  const count = 15 + random.integer(9)
  const petals = {
    count,
    inner: 14,
    outer: 100,
    halfWidth: random.uniform(170, 215) / count,
    roundness: 1,
    edge: css([color[0], 18, color[2] - 24]),
  }
  const back = gradients.rings(100, [
    [0.2, lighten(color, -26)],
    [1, lighten(tip, -10)],
  ])
  const front = gradients.rings(100, [
    [0.25, lighten(color, -14)],
    [0.5, color],
    [0.8, color],
    [1, tip],
  ])
  const radius = random.uniform(25, 33)
  const cushion = gradients.radial(
    [
      [0, [52, 100, 66]],
      [0.6, [46, 98, 54]],
      [1, [34, 90, 42]],
    ],
    true,
  )
  return (
    ring(random, { ...petals, paint: back }) +
    ring(random, { ...petals, outer: 96, paint: front }) +
    disc(0, 0, radius, cushion) +
    dots(phyllotaxis(40, radius * 0.92), 3, '#b36a00', 'stroke-opacity=".45"') +
    dots(phyllotaxis(22, radius * 0.75), 2.6, '#fff3a0', 'stroke-opacity=".8" transform="rotate(70)"')
  )
}

const sunflowerPetals: readonly Color[] = [
  [46, 98, 54],
  [42, 97, 52],
  [44, 98, 50],
  [50, 92, 60],
  [36, 95, 50],
  [54, 75, 72],
  [20, 85, 40],
  [8, 65, 34],
]

/** Pointed golden petals around a large dark disc of seeds. */
export const sunflower: Head = (random, gradients) => {
  const color = vary(random.pick(sunflowerPetals), random, 0.5)
  const disk = random.uniform(42, 55)
  const count = 16 + random.integer(9)
  const petals = {
    count,
    inner: disk * 0.75,
    outer: 100,
    halfWidth: 215 / count,
    roundness: 0,
    edge: css(lighten(color, -20)),
  }
  const back = gradients.rings(100, [
    [0.4, lighten(color, -26)],
    [1, lighten(color, -8)],
  ])
  const front = gradients.rings(100, [
    [0.45, lighten([color[0] - 10, color[1], color[2]], -14)],
    [0.75, color],
    [1, lighten(color, 8)],
  ])
  const brown = vary([26, 55, 22], random, 0.6)
  const seeds = gradients.radial([
    [0, lighten(brown, random.uniform(-8, 14))],
    [0.5, lighten(brown, -8)],
    [0.8, brown],
    [1, lighten(brown, -10)],
  ])
  return (
    ring(random, { ...petals, paint: back }) +
    ring(random, { ...petals, outer: 93, paint: front }) +
    disc(0, 0, disk, seeds) +
    dots(phyllotaxis(95, disk * 0.97), disk * 0.1, css([32, 70, 42]), 'stroke-opacity=".7"') +
    dots(
      phyllotaxis(95, disk * 0.97),
      disk * 0.045,
      css([40, 85, 68]),
      'stroke-opacity=".8" transform="translate(-1 -1)"',
    )
  )
}

/** A pompom of narrow rays, or the grey clock of seeds it turns into. */
export const dandelion: Head = (random, gradients) =>
  random.uniform() < 0.5 ? dandelionFlower(random, gradients) : dandelionClock(random, gradients)

function dandelionFlower(random: Random, gradients: Gradients): string {
  const color = vary([49, 98, 52], random, 0.7)
  const glow = gradients.rings(100, [
    [0, lighten(color, -18)],
    [0.85, lighten(color, -12)],
    [1, lighten(color, -20)],
  ])
  let shapes = disc(0, 0, 78, glow)
  const layers = 5
  for (let layer = 0; layer < layers; layer++) {
    const reach = 100 * (1 - layer / layers) ** 0.8
    const rays = Math.round(16 + reach * 0.3)
    const shade = lighten([color[0] - 3 + layer, color[1], color[2]], layer * 2.6)
    // Neighbours in two tones, or the rays would melt into one disc.
    shapes +=
      fill(rayPaths(random, rays, reach), css(lighten(shade, -13))) + fill(rayPaths(random, rays, reach), css(shade))
  }
  return shapes
}

/** Rays with a toothed end, as one path. */
function rayPaths(random: Random, count: number, reach: number): string {
  let data = ''
  for (let i = 0; i < count; i++) {
    const angle = ((i + random.uniform(0, 0.6)) * 360) / count
    const length = reach * random.uniform(0.84, 1)
    const half = 180 / (2 * length + 12)
    const [base, left, notch, right] = [
      polar(angle, reach * 0.3),
      polar(angle - half * 2, length),
      polar(angle, length * 0.93),
      polar(angle + half * 2, length),
    ]
    data += d`M${base.x} ${base.y}L${left.x} ${left.y}L${notch.x} ${notch.y}L${right.x} ${right.y}Z`
  }
  return data
}

function dandelionClock(random: Random, gradients: Gradients): string {
  const white = css([random.uniform(30, 220), random.uniform(0, 14), random.uniform(92, 99)])
  const veil = gradients.rings(100, [
    [0, [40, 12, 58], 0.75],
    [0.55, [45, 8, 72], 0.5],
    [0.88, [45, 6, 86], 0.35],
    [1, [45, 6, 90], 0],
  ])
  let [stalks, parachutes] = ['', '']
  for (const seed of phyllotaxis(52, 86)) {
    const { x, y } = { x: seed.x + random.uniform(-4, 4), y: seed.y + random.uniform(-4, 4) }
    stalks += d`M0 0L${x} ${y}`
    const outward = (Math.atan2(x, -y) * 180) / Math.PI
    for (const spread of [-84, -50, -17, 17, 50, 84]) {
      const hair = polar(outward + spread, random.uniform(13, 18))
      parachutes += d`M${x} ${y}l${hair.x} ${hair.y}`
    }
  }
  return (
    disc(0, 0, 100, veil) +
    stroke(stalks, css([42, 18, 88]), 1.3, 'stroke-opacity=".6"') +
    stroke(parachutes, white, 1.7, 'stroke-opacity=".9"') +
    disc(0, 0, 14, css([52, 24, 52])) +
    dots(phyllotaxis(30, 16), 4, css([28, 45, 26]))
  )
}

const rosePetals: readonly Color[] = [
  [352, 82, 42],
  [345, 70, 50],
  [340, 65, 68],
  [335, 72, 78],
  [20, 75, 72],
  [45, 85, 68],
  [48, 60, 88],
  [38, 45, 93],
  [302, 45, 64],
  [14, 85, 56],
]

/** Broad petals wound around a bud, each behind the next. */
export const rose: Head = (random, gradients) => {
  const color = vary(random.pick(rosePetals), random, 0.5)
  // Pale roses need the darker shade for their folds to show.
  const depth = color[2] > 75 ? 40 : 30
  const heart = color[2] > 75 ? 20 + (color[0] % 30) : color[0]
  const fold = gradients.linear([
    [0, lighten(color, 9)],
    [0.12, color],
    [0.36, [heart, color[1], color[2] - depth * 0.75]],
    [0.8, [heart, color[1], color[2] - depth]],
  ])
  const edge = css([heart, color[1] * 0.8, Math.max(8, color[2] - depth - 4)])
  const petals = 17
  const start = random.uniform(0, 360)
  let shapes = ''
  for (let i = petals; i > 0; i--) {
    const reach = 100 * (i / petals) ** 0.72 * random.uniform(0.95, 1.02)
    const half = reach * random.uniform(0.6, 0.74) + 4
    const sag = reach * 0.3
    const data =
      d`M0 ${sag}C${-half} ${sag} ${-half * 1.35} ${-reach * 0.98} ${-half * 0.2} ${-reach}` +
      d`Q0 ${-reach * random.uniform(0.92, 1)} ${half * 0.2} ${-reach}C${half * 1.35} ${-reach * 0.98} ${half} ${sag} 0 ${sag}Z`
    shapes += fill(data, fold, `transform="rotate(${Math.round(start + i * 137.5)})"`)
  }
  return `<g stroke="${edge}" stroke-width="1.6" stroke-opacity=".6">${shapes}</g>${bud(color, edge, start)}`
}

/** The spiral in the middle of a rose. */
function bud(color: Color, edge: string, start: number): string {
  let spiral = 'M0 0'
  for (let i = 1; i < 24; i++) {
    const { x, y } = polar(i * 38, i * 0.75)
    spiral += d`L${x} ${y}`
  }
  const turn = `transform="rotate(${Math.round(start)})" stroke-linejoin="round"`
  return disc(0, 0, 17, css(lighten(color, -8))) + stroke(spiral, edge, 2.6, turn)
}
