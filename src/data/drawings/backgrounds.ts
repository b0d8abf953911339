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
  num,
  type Point,
  stroke,
  vary,
} from './paint.js'

/** What stands behind the flowers: SVG that covers 100 × 100. */
type Background = (random: Random, gradients: Gradients) => string

const skies: readonly (readonly [Color, Color])[] = [
  [
    [208, 70, 52],
    [200, 65, 84],
  ],
  [
    [212, 55, 64],
    [195, 50, 88],
  ],
  [
    [262, 35, 52],
    [18, 75, 76],
  ],
  [
    [226, 52, 38],
    [300, 38, 66],
  ],
  [
    [190, 45, 62],
    [48, 70, 84],
  ],
]
const greens: readonly Color[] = [
  [96, 42, 40],
  [112, 38, 34],
  [78, 48, 46],
  [136, 32, 36],
  [88, 36, 54],
]
const grounds: readonly Color[] = [
  [24, 34, 26],
  [30, 30, 38],
  [16, 28, 20],
  [36, 34, 50],
]

const covering = 'M0 0H100V100H0Z'

function sky(random: Random, gradients: Gradients): string {
  const [top, bottom] = random.pick(skies)
  const air = gradients.linear([
    [0, vary(top, random)],
    [1, vary(bottom, random)],
  ])
  const clouds = Array.from({ length: random.integer(4) }, () => cloud(random, random.uniform(8, 70)))
  return fill(covering, air) + (random.uniform() < 0.3 ? sun(random, gradients) : '') + clouds.join('')
}

function sun(random: Random, gradients: Gradients): string {
  const glow = gradients.radial([
    [0, [48, 100, 92]],
    [0.35, [46, 100, 84], 0.9],
    [0.42, [44, 100, 80], 0.35],
    [1, [44, 100, 80], 0],
  ])
  return disc(random.uniform(10, 90), random.uniform(6, 35), random.uniform(14, 24), glow)
}

function cloud(random: Random, y: number): string {
  const x = random.uniform(-5, 105)
  const scale = random.uniform(0.5, 1.3)
  const puffs: readonly (readonly [number, number, number])[] = [
    [-9, 0, 5],
    [-3, -3, 7],
    [5, -2, 6],
    [11, 0.5, 4],
  ]
  const shapes = puffs.map(([dx, dy, r]) => disc(x + dx * scale, y + dy * scale, r * scale, '#fff'))
  return `<g opacity="${num(random.uniform(0.5, 0.85))}">${shapes.join('')}</g>`
}

function meadow(random: Random, gradients: Gradients): string {
  const horizon = random.uniform(25, 62)
  let shapes = sky(random, gradients)
  const hills = 2 + random.integer(2)
  for (let i = 0; i < hills; i++) {
    const y = horizon + (i * (92 - horizon)) / hills
    const green = vary(random.pick(greens), random)
    const field = gradients.linear([
      [0, lighten(green, 12)],
      [1, lighten(green, -8)],
    ])
    shapes += fill(
      d`M0 ${y + random.uniform(-8, 8)}C30 ${y + random.uniform(-12, 12)} 65 ${y + random.uniform(-12, 12)} 100 ${y + random.uniform(-8, 8)}V100H0Z`,
      field,
    )
  }
  const blossom = vary(
    random.pick<Color>([
      [0, 0, 96],
      [50, 90, 60],
      [345, 70, 70],
      [275, 50, 70],
    ]),
    random,
  )
  return shapes + dots(scatter(random, random.integer(40), horizon + 12), random.uniform(0.8, 1.8), css(blossom))
}

function scatter(random: Random, count: number, top: number): Point[] {
  return Array.from({ length: count }, () => ({ x: random.uniform(0, 100), y: random.uniform(top, 100) }))
}

function soil(random: Random, gradients: Gradients): string {
  const ground = vary(random.pick(grounds), random)
  const earth = gradients.linear(
    [
      [0, lighten(ground, 8)],
      [1, lighten(ground, -7)],
    ],
    random.uniform(0, 360),
  )
  let shapes = fill(covering, earth)
  for (const shift of [-12, 9, 18]) {
    shapes += dots(scatter(random, 45, 0), random.uniform(1, 3), css(lighten(ground, shift)), 'stroke-opacity=".7"')
  }
  const stone = gradients.radial(
    [
      [0, [40, 8, 74]],
      [1, [30, 8, 46]],
    ],
    true,
  )
  for (let i = random.integer(7); i > 0; i--) {
    const [x, y] = [random.uniform(0, 100), random.uniform(0, 100)]
    const radius = random.uniform(1.5, 5)
    shapes += `<ellipse cx="${num(x)}" cy="${num(y)}" rx="${num(radius * 1.3)}" ry="${num(radius)}" fill="${stone}"/>`
  }
  return shapes
}

function wall(random: Random, gradients: Gradients): string {
  const color: Color = [random.uniform(0, 360), random.uniform(8, 48), random.uniform(30, 84)]
  const light = gradients.radial(
    [
      [0, lighten(color, 7)],
      [1, lighten(color, -7)],
    ],
    true,
  )
  if (random.uniform() < 0.5) return fill(covering, light)
  const spacing = random.uniform(6, 14)
  let stripes = ''
  for (let x = -60; x < 160; x += spacing) stripes += d`M${x} -60V160`
  const turn = `transform="rotate(${random.pick([0, 0, 45, 90, 135])} 50 50)"`
  const width = random.uniform(0.3, 0.55) * spacing
  return fill(covering, light) + stroke(stripes, css(lighten(color, -9)), width, `stroke-opacity=".55" ${turn}`)
}

function twoTone(random: Random, gradients: Gradients): string {
  const hue = random.uniform(0, 360)
  const from: Color = [hue, random.uniform(25, 70), random.uniform(28, 82)]
  const to: Color = [hue + random.uniform(-80, 80), random.uniform(25, 70), random.uniform(28, 82)]
  return fill(
    covering,
    gradients.linear(
      [
        [0, from],
        [1, to],
      ],
      random.uniform(0, 360),
    ),
  )
}

/** Lights out of focus. */
function bokeh(random: Random, gradients: Gradients): string {
  const hue = random.pick([95, 110, 130, 60, 200, 280, 330])
  const base: Color = [hue, random.uniform(22, 48), random.uniform(20, 60)]
  let shapes = fill(
    covering,
    gradients.linear(
      [
        [0, lighten(base, 10)],
        [1, lighten(base, -10)],
      ],
      random.uniform(0, 360),
    ),
  )
  const blurs = Array.from({ length: 4 }, () => {
    const color = vary([hue + random.uniform(-60, 60), 45, random.uniform(35, 80)], random)
    return random.uniform() < 0.5
      ? gradients.radial([
          [0, color, 0.75],
          [1, color, 0],
        ])
      : gradients.radial([
          [0, color, 0.3],
          [0.85, color, 0.42],
          [1, color, 0],
        ])
  })
  for (let i = 8 + random.integer(12); i > 0; i--) {
    shapes += disc(random.uniform(0, 100), random.uniform(0, 100), random.uniform(5, 24), random.pick(blurs))
  }
  return shapes
}

const backgrounds: readonly Background[] = [sky, meadow, meadow, soil, wall, twoTone, bokeh, bokeh]

/** One of many backgrounds, none of which goes with one kind of flower. */
export function drawBackground(random: Random, gradients: Gradients): string {
  return random.pick(backgrounds)(random, gradients)
}
