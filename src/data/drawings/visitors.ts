import type { Random } from '../../random.js'
import { type Color, css, d, disc, dots, fill, lighten, num, stroke } from './paint.js'

/** A small guest around the origin, about 10 across: something to look at that tells nothing about the flower. */
type Visitor = (random: Random) => string

const butterfly: Visitor = (random) => {
  const color: Color = [random.uniform(0, 360), random.uniform(40, 85), random.uniform(45, 78)]
  const wing = (side: number) =>
    fill(d`M0 0C${side * 2} -7 ${side * 9} -8 ${side * 7} -1C${side * 6} 1 ${side * 2} 1 0 0Z`, css(color)) +
    fill(d`M0 0C${side * 6} 0 ${side * 6} 5 ${side * 3} 6C${side * 1} 6 0 3 0 0Z`, css(lighten(color, -10))) +
    disc(side * 4.8, -3.2, 1, css(lighten(color, 18)))
  return wing(-1) + wing(1) + stroke('M0-2.4V3.6M0-2.4L-1.6-5M0-2.4L1.6-5', '#2b2118', 0.7)
}

const ladybird: Visitor = () =>
  disc(0, -2.6, 1.7, '#1c1714') +
  disc(0, 0, 3.2, '#cf2a1e') +
  stroke('M0-3.2V3.2', '#1c1714', 0.4) +
  dots(
    [
      { x: -1.5, y: -0.8 },
      { x: 1.5, y: -0.8 },
      { x: -1.3, y: 1.4 },
      { x: 1.3, y: 1.4 },
    ],
    1.2,
    '#1c1714',
  )

const bee: Visitor = () =>
  '<ellipse cx="-1.6" cy="-2.6" rx="1.7" ry="3" fill="#fff" fill-opacity=".75" transform="rotate(-30 -1.6 -2.6)"/>' +
  '<ellipse cx="1.6" cy="-2.6" rx="1.7" ry="3" fill="#fff" fill-opacity=".75" transform="rotate(30 1.6 -2.6)"/>' +
  '<ellipse rx="4" ry="2.5" fill="#f2b21b"/>' +
  stroke('M-1.4-2V2M.8-2.2V2.2', '#33230c', 1.1) +
  disc(3.4, -0.2, 1.4, '#33230c')

const fallenLeaf: Visitor = (random) => {
  const color: Color = [random.uniform(10, 60), random.uniform(45, 80), random.uniform(32, 58)]
  return fill('M0 5C-5 2-4-4 0-6C4-4 5 2 0 5Z', css(color)) + stroke('M0 6V-4', css(lighten(color, -14)), 0.5)
}

const bubble: Visitor = (random) =>
  disc(0, 0, 5, css([random.uniform(0, 360), 60, 70]), 'fill-opacity=".45"') +
  disc(-1.6, -1.8, 1.1, '#fff', 'fill-opacity=".8"')

const visitors: readonly Visitor[] = [butterfly, butterfly, ladybird, bee, fallenLeaf, bubble]

/** Up to three guests, anywhere. */
export function drawVisitors(random: Random): string {
  let shapes = ''
  for (let i = random.integer(4); i > 0; i--) {
    const [x, y] = [random.uniform(4, 96), random.uniform(4, 96)]
    const [angle, scale] = [random.uniform(-60, 60), random.uniform(0.6, 1.3)]
    shapes += `<g transform="translate(${num(x)} ${num(y)}) rotate(${num(angle)}) scale(${num(scale)})">${random.pick(visitors)(random)}</g>`
  }
  return shapes
}
