import type { BoxRow, EdgeRow, Layout } from '../page-data.js'
import { svg } from './dom.js'
import { atArrow, type Item, type Model } from './model.js'

/** A part's inside as a picture; `boxes` are what can be selected in it, in the order of computation. */
export interface Drawing {
  picture: SVGSVGElement
  boxes: Map<Item, SVGGElement>
}

/** Draws what a part consists of, where the layout says. */
export function draw(model: Model, part: Item, select: (item: Item) => void): Drawing {
  const layout = model.layout(part)!
  const { children } = model.part(part)
  const boxes = new Map(children.map((child, i) => [child, box(model, child, layout.boxes[i]!, select)]))
  const picture = svg(
    'svg',
    {
      class: 'drawing-of-part',
      width: layout.width,
      height: layout.height,
      viewBox: `0 0 ${layout.width} ${layout.height}`,
      role: 'group',
      'aria-label': `${model.title(part)}: ${children.length} inside`,
    },
    ...layout.edges.map((edge) => arrow(model, part, edge)),
    ...ports(model, layout),
    ...boxes.values(),
    ...layout.edges.map((edge) => arrowLabel(model, part, edge)),
  )
  return { picture, boxes }
}

function box(
  model: Model,
  item: Item,
  [x, y, width, height, title, subtitle]: BoxRow,
  select: (item: Item) => void,
): SVGGElement {
  const opens = model.isPart(item)
  const differs = model.differing.has(item)
  const [name, line] = [model.text(title), model.text(subtitle)]
  const left = x - width / 2
  const top = y - height / 2
  return svg(
    'g',
    {
      class: `box f-${model.family(item)}${opens ? ' opens' : ''}${differs ? ' differs' : ''}`,
      role: 'button',
      tabindex: -1,
      'data-item': item,
      'data-term': model.term(item) || undefined,
      'aria-label': [name, line, differs && 'differs from a plain ViT', opens && 'opens'].filter(Boolean).join(', '),
      'aria-expanded': opens ? 'false' : undefined,
      click: () => select(item),
    },
    svg('rect', { x: left, y: top, width, height, rx: 8 }),
    svg('text', { class: 'title', x, y: line ? y - 3 : y + 4.5 }, name),
    line ? svg('text', { class: 'subtitle', x, y: y + 13 }, line) : undefined,
    opens ? svg('path', { class: 'chevron', d: `M${left + width - 11} ${top + 7}l4 4l-4 4` }) : undefined,
    differs ? svg('text', { class: 'mark', x: left + 3, y: top + 4 }, '≠') : undefined,
  )
}

function arrow(model: Model, part: Item, [from, to, , stream, , , , points]: EdgeRow): SVGPathElement {
  const value = sourceValue(model, part, from, to)
  const kind = stream ? 'arrow stream' : 'arrow'
  return svg('path', {
    class: kind,
    d: curve(points),
    'marker-end': `url(#${stream ? 'stream-head' : 'head'})`,
    'data-value': value,
  })
}

function arrowLabel(model: Model, part: Item, edge: EdgeRow): SVGTextElement {
  const [from, to, input, , role, x, y] = edge
  const values = to >= 0 ? model.inputs(model.part(part).children[to]!) : [model.part(part).outputs[-1 - to]!]
  const index = values[to >= 0 ? input : 0] ?? sourceValue(model, part, from, to)
  const { name, dtype, shape } = model.value(index)
  const label = model.text(role)
  return svg(
    'text',
    { class: 'shape', x, y: y + 3.5 },
    label ? svg('tspan', { class: 'role' }, `${label} `) : undefined,
    atArrow(shape),
    svg('title', {}, `${name}: ${dtype} ${shape}`),
  )
}

function sourceValue(model: Model, part: Item, from: number, to: number): number {
  const { children, inputs, outputs } = model.part(part)
  if (from < 0) return inputs[-1 - from]!
  return to < 0 ? outputs[-1 - to]! : model.outputs(children[from]!)[0]!
}

function ports(model: Model, layout: Layout): SVGElement[] {
  const port = ([x, y, label]: readonly [number, number, number], shift: number) =>
    x < 0
      ? []
      : [
          svg('circle', { class: 'port', cx: x, cy: y, r: 4 }),
          svg('text', { class: 'port-name', x, y: y + shift }, model.text(label)),
        ]
  return [...layout.inputs.flatMap((row) => port(row, -8)), ...layout.outputs.flatMap((row) => port(row, 16))]
}

/** A smooth line near the points, which ends in the first and the last: a uniform B-spline, as graph drawings use. */
function curve(points: readonly number[]): string {
  const at = (i: number): [number, number] => [points[2 * i]!, points[2 * i + 1]!]
  const last = points.length / 2 - 1
  if (last < 2) return `M${at(0)}L${at(last)}`
  let path = `M${at(0)}`
  for (let i = 1; i < last; i++) {
    const [x, y] = at(i)
    const [nextX, nextY] = at(i + 1)
    const end = i === last - 1 ? at(last) : [(x + nextX) / 2, (y + nextY) / 2]
    path += `Q${x} ${y} ${end}`
  }
  return path
}
