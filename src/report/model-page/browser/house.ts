import { element, svg } from './dom.js'
import { bytes, duration, short } from './format.js'
import { atArrow, type Item, type Model } from './model.js'

/** The model from pixels to logits, one storey a part of its three stages. */
export interface House {
  building: HTMLElement
  storeys: Map<Item, HTMLElement>
}

export function buildHouse(model: Model, select: (item: Item) => void): House {
  const storeys = new Map<Item, HTMLElement>()
  const meters = metersOf(model)
  const building = element('div', { class: 'building' }, top(model), header(meters))
  let shape = ''
  for (const stage of model.part(0).children) {
    const rooms = model.part(stage).children
    const list = element('ol', { 'aria-label': model.title(stage) })
    for (const room of rooms) {
      const storey = buildStorey(model, room, meters, select)
      storeys.set(room, storey)
      list.append(element('li', {}, storey))
      const output = model.outputs(room)[0]
      const next = output === undefined ? shape : atArrow(model.value(output).shape)
      if (next !== shape && room !== model.rooms.at(-1)) list.append(shapeBetween(next))
      shape = next
    }
    const name = element(
      'button',
      { class: 'stage-name', 'data-item': stage, click: () => select(stage) },
      model.title(stage),
    )
    storeys.set(stage, name)
    building.append(element('div', { class: `stage f-${model.family(stage)}` }, name, list))
  }
  building.append(bottom(model))
  return { building, storeys }
}

/** A figure of each storey, drawn as a bar. */
interface Meter {
  name: string
  of: (item: Item) => number
  format: (value: number) => string
  largest: number
}

function metersOf(model: Model): Meter[] {
  const meters = [
    { name: 'params', of: (item: Item) => model.part(item).parameters, format: short },
    { name: 'MACs', of: (item: Item) => model.part(item).macs, format: short },
    { name: 'memory', of: (item: Item) => model.part(item).liveBytes, format: bytes },
  ]
  if (model.data.isMeasured)
    meters.splice(2, 0, { name: 'time', of: (item) => model.part(item).microseconds, format: duration })
  return meters.map((meter) => ({ ...meter, largest: Math.max(...model.rooms.map(meter.of), 1) }))
}

const header = (meters: readonly Meter[]) =>
  element(
    'div',
    { class: 'meters head', 'aria-hidden': 'true' },
    ...meters.map(({ name }) => element('span', {}, name)),
  )

function buildStorey(model: Model, item: Item, meters: readonly Meter[], select: (item: Item) => void): HTMLElement {
  const kind = model.text(model.part(item).kind)
  const figures = meters.map((meter) => ({ ...meter, value: meter.of(item) }))
  const differences = model.differing.get(item)
  const subtitle = model.subtitle(item)
  return element(
    'button',
    {
      class: `storey f-${model.family(item)}${kind === 'encoderLayer' ? ' block' : ''}${isQuiet(kind) ? ' quiet' : ''}`,
      'data-item': item,
      tabindex: -1,
      'aria-label': [
        model.title(item),
        subtitle,
        ...figures.map(({ name, value, format }) => `${format(value)} ${name}`),
        ...(differences ?? []),
      ].join(', '),
      click: () => select(item),
    },
    element(
      'span',
      { class: 'slab' },
      element('span', { class: 'slab-name' }, model.title(item)),
      kind === 'encoderLayer' ? windows(model) : undefined,
      differences && element('span', { class: 'mark', title: differences.join('\n') }, '≠'),
    ),
    element(
      'span',
      { class: 'meters' },
      ...figures.map(({ value, format, largest, name }) =>
        element(
          'span',
          { class: 'meter', title: `${format(value)} ${name}` },
          element('i', { style: `width:${((100 * value) / largest).toFixed(1)}%` }),
        ),
      ),
    ),
  )
}

const isQuiet = (kind: string) => kind === 'layout' || kind === 'shapeArithmetic' || kind === 'other'

/** A window for each head. */
function windows(model: Model): HTMLElement {
  const heads = Math.min(model.data.heads, 32)
  const columns = heads > 12 ? Math.ceil(heads / 2) : heads
  const panes = Array.from({ length: heads }, () => element('i'))
  return element(
    'span',
    { class: heads > 12 ? 'windows many' : 'windows', style: `--columns:${columns}`, 'aria-hidden': 'true' },
    ...panes,
  )
}

const shapeBetween = (shape: string) => element('li', { class: 'between', 'aria-label': `shape ${shape}` }, shape)

function top(model: Model): HTMLElement {
  const inputs = model.data.inputs.map((input) => model.value(input))
  return element(
    'div',
    { class: 'end' },
    model.data.patches > 0 ? picture(Math.min(model.data.patches, 32)) : undefined,
    ...inputs.map(({ name, shape }) => tensor(name, shape)),
  )
}

function bottom(model: Model): HTMLElement {
  const outputs = model.data.outputs.map((output) => model.value(output))
  return element('div', { class: 'end' }, bars(), ...outputs.map(({ name, shape }) => tensor(name, shape)))
}

const tensor = (name: string, shape: string) =>
  element('span', { class: 'tensor' }, element('b', {}, name), element('span', {}, `↓ ${atArrow(shape)}`))

/** A flower in as many patches as the model cuts a picture into. */
function picture(patches: number): SVGSVGElement {
  const cells: SVGRectElement[] = []
  for (let row = 0; row < patches; row++)
    for (let column = 0; column < patches; column++) {
      const [x, y] = [(column + 0.5) / patches - 0.5, (row + 0.5) / patches - 0.45]
      cells.push(svg('rect', { x: column, y: row, width: 0.88, height: 0.88, fill: flowerAt(x, y) }))
    }
  return svg('svg', { class: 'picture', viewBox: `0 0 ${patches} ${patches}`, 'aria-hidden': 'true' }, ...cells)
}

function flowerAt(x: number, y: number): string {
  const radius = Math.hypot(x, y)
  const petal = 0.26 + 0.09 * Math.cos(8 * Math.atan2(y, x))
  if (radius < 0.11) return `hsl(${38 + 60 * radius} 92% ${58 - 90 * radius}%)`
  if (radius < petal) return `hsl(${330 - 90 * radius} 78% ${50 + 70 * radius}%)`
  if (Math.abs(x - 0.04 * Math.sin(8 * y)) < 0.035 && y > 0) return 'hsl(135 45% 34%)'
  return `hsl(${200 - 90 * Math.max(0, y)} 45% ${80 - 34 * Math.max(0, y) - 12 * Math.abs(x)}%)`
}

/** Numbers for the classes, one of which stands out. */
function bars(): SVGSVGElement {
  const heights = [3, 5, 2, 4, 14, 3, 6, 2, 4, 3]
  return svg(
    'svg',
    { class: 'logits', viewBox: '0 0 40 15', 'aria-hidden': 'true' },
    ...heights.map((height, i) =>
      svg('rect', { x: 4 * i, y: 15 - height, width: 3, height, class: height > 9 ? 'top' : '' }),
    ),
  )
}
