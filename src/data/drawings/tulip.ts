import type { Random } from '../../random.js'
import { type Color, css, d, fill, type Gradients, lighten, stroke, vary } from './paint.js'

const petals: readonly Color[] = [
  [355, 80, 48],
  [340, 72, 60],
  [335, 60, 78],
  [48, 92, 56],
  [28, 90, 55],
  [45, 30, 93],
  [285, 45, 45],
  [265, 40, 66],
  [330, 55, 30],
  [15, 85, 62],
]

/** A cup of three to five petals, seen from the side. */
export function tulip(random: Random, gradients: Gradients): string {
  const color = vary(random.pick(petals), random, 0.6)
  const base: Color = random.pick<Color>([lighten(color, -16), lighten(color, 16), [54, 80, 78], [80, 40, 66]])
  const open = random.uniform(0, 1)
  const paint = (by: number) =>
    gradients.linear([
      [0, lighten(color, by + 10)],
      [0.55, lighten(color, by)],
      [1, lighten(base, by)],
    ])
  const [behind, beside, front] = [paint(-16), paint(-6), paint(4)]
  const veins = css(lighten(color, color[2] > 70 ? -22 : 18))

  const left = sidePetal(-1, open, random)
  const right = sidePetal(1, open, random)
  const backs = random.uniform() < 0.35 ? [0] : [-1, 1]
  const shapes =
    backs.map((side) => fill(backPetal(side, open), behind)).join('') +
    fill(left, beside) +
    fill(right, beside) +
    fill(frontPetal(random), front) +
    stroke('M0 66C-5 30-4 0-1-38M-9 64C-22 36-21 8-15-18M9 64C22 36 21 8 15-18', veins, 2, 'stroke-opacity=".4"')
  return `<g stroke="${css(lighten(color, -26))}" stroke-width="1.6" stroke-opacity=".55">${shapes}</g>`
}

function backPetal(side: number, open: number): string {
  const tip = side * (17 + 12 * open)
  return d`M0 70C${-46 + side * 10} 40 ${tip - 36} ${-50} ${tip} -96C${tip + 36} -50 ${46 + side * 10} 40 0 70Z`
}

function sidePetal(side: number, open: number, random: Random): string {
  const tip = side * (42 + 26 * open)
  const height = -82 + 12 * open + random.uniform(-6, 6)
  return (
    d`M0 76C${side * 58} 76 ${side * 82} 14 ${tip} ${height}` +
    d`C${tip - side * 22} ${height + 30} ${side * 4} -20 ${-side * 6} 30Z`
  )
}

function frontPetal(random: Random): string {
  const top = -62 + random.uniform(-10, 10)
  return d`M0 78C-44 76 -58 0 0 ${top}C58 0 44 76 0 78Z`
}
