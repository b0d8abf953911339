import { byId, element, svg } from './dom.js'
import { type Drawing, draw } from './drawing.js'
import { buildHouse } from './house.js'
import { inspect } from './inspector.js'
import type { Item, Model } from './model.js'

/** One opened part: a column of the page. */
interface Column {
  part: Item
  panel: HTMLElement
  /** What can be selected in it, in order. */
  boxes: Map<Item, Element>
}

/**
 * The columns: the house first, then each opened part to the right of what it is a part of. All follows from which item is
 * selected.
 */
export class Explorer {
  selected: Item = 0
  private readonly shelf = byId('shelf')
  private columns: Column[] = []

  constructor(private readonly model: Model) {
    const select = (item: Item) => this.select(item)
    const { building, storeys } = buildHouse(model, select)
    const panel = element(
      'section',
      { class: 'column house', 'aria-label': 'The model, from its input to its output' },
      building,
    )
    this.columns = [{ part: 0, panel, boxes: storeys }]
    this.shelf.append(panel)
    new ResizeObserver(() => this.placeAll()).observe(this.shelf)
  }

  /** Shows an item: opens all around it, and itself. */
  select(item: Item, { focus = false } = {}): void {
    this.selected = item
    const opened = this.model.path(item).filter((part) => this.model.layout(part))
    const kept = opened.findIndex((part, i) => this.columns[i + 1]?.part !== part)
    this.close(kept < 0 ? opened.length : kept)
    for (const part of opened.slice(this.columns.length - 1)) this.open(part)
    this.makeRoom()
    this.mark()
    byId('inspector').replaceChildren(...inspect(this.model, item, (target) => this.select(target)))
    byId('inspector').scrollTop = 0
    byId('crumbs').replaceChildren(...this.crumbs(item))
    history.replaceState(null, '', `#${item}`)
    this.reveal(focus)
  }

  /** Selects the item `step` further in its column. */
  walk(step: number): void {
    const items = [...(this.columnOf(this.selected)?.boxes.keys() ?? [])].filter((item) => this.isWalkable(item))
    const place = items.indexOf(this.selected)
    const target = items[place < 0 ? 0 : place + step]
    if (target !== undefined) this.select(target, { focus: true })
  }

  /** Selects the first item inside the selected one. */
  enter(): void {
    const inside = this.columns.find(({ part }) => part === this.selected)
    const first = [...(inside?.boxes.keys() ?? [])].find((item) => this.isWalkable(item))
    if (first !== undefined) this.select(first, { focus: true })
  }

  /** Selects what the selected item is a part of. */
  leave(): void {
    if (this.selected === 0) return
    const parent = this.model.parent(this.selected)
    this.select(this.model.parent(parent) === 0 ? 0 : parent, { focus: true })
  }

  /** Stages are headings in the house, and not steps of a walk. */
  private isWalkable(item: Item): boolean {
    return this.model.parent(item) !== 0
  }

  private columnOf(item: Item): Column | undefined {
    return this.columns.find(({ boxes }) => boxes.has(item))
  }

  private open(part: Item): void {
    const drawing: Drawing = draw(this.model, part, (item) => this.select(item))
    const title = element('h2', { class: `f-${this.model.family(part)}` }, this.model.title(part))
    const panel = element(
      'section',
      {
        class: `column f-${this.model.family(part)}`,
        'aria-label': `Inside ${this.model.title(part)}`,
        'data-part': part,
      },
      svg('svg', { class: 'lens', 'aria-hidden': 'true' }, svg('path')),
      element('header', {}, title, element('span', {}, this.model.subtitle(part))),
      element('div', { class: 'canvas' }, drawing.picture as unknown as HTMLElement),
    )
    this.shelf.append(panel)
    this.columns.push({ part, panel, boxes: drawing.boxes })
  }

  private close(count: number): void {
    for (const { panel } of this.columns.splice(count + 1)) panel.remove()
  }

  /** Where all that is open does not fit, the house shows its storeys alone. */
  private makeRoom(): void {
    const house = this.columns[0]!.panel
    house.classList.remove('slim')
    if (this.columns.length > 2 && this.shelf.scrollWidth > this.shelf.clientWidth && innerWidth > 700)
      house.classList.add('slim')
    this.placeAll()
  }

  private placeAll(): void {
    for (const [i, column] of this.columns.entries()) if (i > 0) this.place(column, this.columns[i - 1]!)
  }

  /** Puts a column level with what it shows the inside of, and draws the lens between the two. */
  private place({ part, panel }: Column, source: Column): void {
    const box = source.boxes.get(part)
    if (!box) return
    panel.style.marginTop = '0'
    const [shelf, from] = [this.shelf.getBoundingClientRect(), box.getBoundingClientRect()]
    const middle = (from.top + from.bottom) / 2 - shelf.top
    const room = this.columns[0]!.panel.offsetHeight - panel.offsetHeight
    panel.style.marginTop = `${Math.max(0, Math.min(middle - panel.offsetHeight / 2, room))}px`
    const to = panel.getBoundingClientRect()
    const width = Math.max(0, to.left - from.right)
    const lens = panel.querySelector<SVGSVGElement>('.lens')!
    lens.style.left = `${-width}px`
    lens.setAttribute('width', String(width))
    lens.setAttribute('height', String(to.height))
    const [top, bottom] = [from.top - to.top, from.bottom - to.top]
    lens
      .querySelector('path')!
      .setAttribute(
        'd',
        `M0 ${top}C${width / 2} ${top} ${width / 2} 0 ${width} 0V${to.height}C${width / 2} ${to.height} ${width / 2} ${bottom} 0 ${bottom}z`,
      )
  }

  private mark(): void {
    const path = new Set(this.model.path(this.selected))
    for (const { boxes } of this.columns) {
      const current =
        [...boxes.keys()].find((item) => path.has(item) && this.isWalkable(item)) ??
        [...boxes.keys()].find((item) => this.isWalkable(item))
      for (const [item, box] of boxes) {
        box.classList.toggle('open', path.has(item))
        box.classList.toggle('selected', item === this.selected)
        if (this.model.isPart(item)) box.setAttribute('aria-expanded', String(path.has(item)))
        if (item === this.selected) box.setAttribute('aria-current', 'true')
        else box.removeAttribute('aria-current')
        if (this.isWalkable(item)) box.setAttribute('tabindex', item === current ? '0' : '-1')
      }
    }
  }

  private reveal(focus: boolean): void {
    const box = this.columnOf(this.selected)?.boxes.get(this.selected) as HTMLElement | SVGElement | undefined
    if (focus) box?.focus({ preventScroll: true })
    const last = this.columns.at(-1)!.panel
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'
    this.shelf.scrollTo({ left: last.offsetLeft + last.offsetWidth - this.shelf.clientWidth + 16, behavior })
    if (focus) box?.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior })
  }

  private crumbs(item: Item): HTMLElement[] {
    return this.model.path(item).map((around) =>
      element(
        'li',
        {},
        element(
          'button',
          {
            class: 'link',
            'aria-current': around === item ? 'location' : undefined,
            click: () => this.select(around),
          },
          this.model.title(around),
        ),
      ),
    )
  }
}
