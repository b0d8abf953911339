import { element, svg } from './dom.js'
import { bytes, duration } from './format.js'
import type { Item, Model } from './model.js'

const [left, right] = [62, 8]
const [bandHeight, partHeight, timeHeight, memoryHeight, gap] = [20, 16, 50, 84, 18]

/** Time and memory of a run, node after node. Nodes are as wide as they take time, or all the same where none was measured. */
export class Timeline {
  private readonly nodes: readonly Item[]
  /** Where each node starts, 0 to 1, and the end. */
  private readonly starts: readonly number[]
  private readonly total: number
  private readonly peak: number
  private readonly readout = element('p', { class: 'readout' })
  private cursor: SVGPathElement | undefined

  constructor(
    private readonly model: Model,
    private readonly box: HTMLElement,
    private readonly select: (item: Item) => void,
  ) {
    this.nodes = model.data.nodes.flatMap((row, i) => (row ? [-1 - i] : []))
    const widthOf = (item: Item) => (model.data.isMeasured ? model.microseconds(item) : 1)
    const starts = [0]
    for (const node of this.nodes) starts.push(starts.at(-1)! + widthOf(node))
    this.total = starts.at(-1) || 1
    this.starts = starts.map((start) => start / this.total)
    this.peak = Math.max(1, ...this.nodes.map((node) => model.node(node)[10]))
    new ResizeObserver(() => this.draw()).observe(box)
  }

  draw(): void {
    const width = this.box.clientWidth
    if (width === 0) return
    const x = (share: number) => left + share * (width - left - right)
    const times = this.model.data.isMeasured ? timeHeight + gap : 0
    const height = bandHeight + 6 + times + memoryHeight + 20
    const memoryTop = bandHeight + 6 + times
    this.cursor = svg('path', { class: 'cursor' })
    const picture = svg(
      'svg',
      {
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': this.summary(),
        pointermove: (event: PointerEvent) => this.point(event, x, memoryTop + memoryHeight),
        click: (event: MouseEvent) => this.select(this.nodes[this.at(event, width)]!),
      },
      ...this.bands(x, memoryTop + memoryHeight),
      ...(times > 0 ? this.times(x) : []),
      ...this.memory(x, memoryTop),
      this.cursor,
    )
    this.box.replaceChildren(picture, this.readout)
    this.readout.textContent = this.summary()
  }

  private summary(): string {
    const peak = `Activations take ${bytes(this.peak)} at most.`
    if (!this.model.data.isMeasured) return `${this.nodes.length} nodes in order. ${peak}`
    return `${duration(this.total)} in ${this.nodes.length} nodes. ${peak}`
  }

  /** Stripes for the parts of the house. */
  private bands(x: (share: number) => number, bottom: number): SVGElement[] {
    let node = 0
    return this.model.rooms.flatMap((room, i) => {
      const from = x(this.starts[node]!)
      node += this.model.nodesIn(room).length
      const to = x(this.starts[Math.min(node, this.starts.length - 1)]!)
      const title = this.model.title(room).replace('Block ', to - from < 52 ? '' : 'Block ')
      const fits = to - from > title.length * 6.4 + 4
      return [
        svg('rect', {
          class: `band f-${this.model.family(room)}${i % 2 ? ' odd' : ''}`,
          x: from,
          y: 0,
          width: Math.max(0, to - from),
          height: bottom,
        }),
        ...(fits ? [svg('text', { class: 'band-name', x: (from + to) / 2, y: 14 }, title)] : []),
      ]
    })
  }

  /** Two strips: what of a block a node belongs to, and what kind of operator it is. */
  private times(x: (share: number) => number): SVGElement[] {
    const top = bandHeight + 6
    return [
      svg('text', { class: 'axis', x: left - 8, y: top + partHeight - 2 }, 'part'),
      ...this.strip(x, top, partHeight, (node) => this.model.family(this.partInRoom(node))),
      svg('text', { class: 'axis', x: left - 8, y: top + partHeight + 4 + timeHeight / 2 }, 'operator'),
      ...this.strip(x, top + partHeight + 2, timeHeight - partHeight - 2, (node) => this.model.family(node)),
      ...this.ticks(x, top + timeHeight),
    ]
  }

  /** One path a colour, however many nodes there are. */
  private strip(
    x: (share: number) => number,
    top: number,
    height: number,
    familyOf: (node: Item) => string,
  ): SVGElement[] {
    const paths = new Map<string, string>()
    for (const [i, node] of this.nodes.entries()) {
      const family = familyOf(node)
      const [from, to] = [x(this.starts[i]!).toFixed(2), x(this.starts[i + 1]!).toFixed(2)]
      if (from !== to) paths.set(family, `${paths.get(family) ?? ''}M${from} ${top}H${to}V${top + height}H${from}z`)
    }
    return [...paths].map(([family, d]) => svg('path', { class: `times f-${family}`, d }))
  }

  /** The part right inside a room of the house that a node is in, or the room. */
  private partInRoom(node: Item): Item {
    const [, , room, part] = this.model.path(node)
    return part !== undefined && this.model.isPart(part) ? part : room!
  }

  private ticks(x: (share: number) => number, y: number): SVGElement[] {
    const milliseconds = this.total / 1000
    const rough = milliseconds / 8
    const power = 10 ** Math.floor(Math.log10(rough))
    const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
    return Array.from({ length: Math.floor(milliseconds / step) + 1 }, (_, i) =>
      svg('text', { class: 'tick', x: x((i * step) / milliseconds), y: y + 13 }, `${+(i * step).toPrecision(3)} ms`),
    )
  }

  private memory(x: (share: number) => number, top: number): SVGElement[] {
    const y = (value: number) => top + memoryHeight - (value / this.peak) * (memoryHeight - 6)
    let path = `M${x(0)} ${top + memoryHeight}`
    for (const [i, node] of this.nodes.entries())
      path += `V${y(this.model.node(node)[10]).toFixed(1)}H${x(this.starts[i + 1]!).toFixed(2)}`
    return [
      svg('text', { class: 'axis', x: left - 8, y: top + 12 }, bytes(this.peak)),
      svg('text', { class: 'axis', x: left - 8, y: top + memoryHeight }, '0'),
      svg('path', { class: 'memory', d: `${path}V${top + memoryHeight}z` }),
      svg('text', { class: 'axis', x: left - 8, y: top + memoryHeight / 2 + 4 }, 'memory'),
    ]
  }

  private at(event: MouseEvent, width: number): number {
    const share = (event.clientX - this.box.getBoundingClientRect().left - left) / (width - left - right)
    const next = this.starts.findIndex((start) => start > share)
    return Math.max(0, Math.min(this.nodes.length, next < 0 ? this.nodes.length : next) - 1)
  }

  private point(event: PointerEvent, x: (share: number) => number, bottom: number): void {
    const i = this.at(event, this.box.clientWidth)
    const node = this.nodes[i]!
    this.cursor?.setAttribute('d', `M${x((this.starts[i]! + this.starts[i + 1]!) / 2)} 0V${bottom}`)
    const where = this.model
      .path(node)
      .slice(2)
      .map((item) => this.model.title(item))
    const time = this.model.data.isMeasured ? `${duration(this.model.microseconds(node))}, ` : ''
    this.readout.textContent = `${where.join(' › ')}: ${time}${bytes(this.model.node(node)[10])} live`
  }
}

/** How often each operator occurs, and what it takes. */
export function operatorTable(model: Model): HTMLElement {
  const rows = new Map<string, { count: number; time: number; family: string }>()
  for (const row of model.data.nodes) {
    if (!row) continue
    const op = model.text(row[0])
    const entry = rows.get(op) ?? { count: 0, time: 0, family: model.text(row[8]) }
    rows.set(op, { ...entry, count: entry.count + 1, time: entry.time + row[11] })
  }
  const measure = (entry: { count: number; time: number }) => (model.data.isMeasured ? entry.time : entry.count)
  const sorted = [...rows].sort(([, a], [, b]) => measure(b) - measure(a))
  const largest = Math.max(1, ...sorted.map(([, entry]) => measure(entry)))
  return element(
    'ul',
    { class: 'operators' },
    ...sorted.map(([op, entry]) =>
      element(
        'li',
        { class: `f-${entry.family}` },
        element('span', {}, op),
        element(
          'span',
          { class: 'meter' },
          element('i', { style: `width:${((100 * measure(entry)) / largest).toFixed(1)}%` }),
        ),
        element('span', {}, model.data.isMeasured ? `${duration(entry.time)} · ${entry.count}` : String(entry.count)),
      ),
    ),
  )
}
