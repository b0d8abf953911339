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

/** The widths of the style, in pixels: those of the whole house, and between columns. */
const [houseWidth, gap, shelfPadding] = [344, 28, 2]

/** Changes an attribute where it is another: what stays needs no new style. */
function set(target: Element, name: string, value: string | null): void {
  if (target.getAttribute(name) === value) return
  if (value === null) target.removeAttribute(name)
  else target.setAttribute(name, value)
}

/** Draws the shape that leads from a box to the column with its inside. `top` is that of the box, seen from the column. */
function drawLens(panel: HTMLElement, column: DOMRect, source: DOMRect, top: number): void {
  const [width, height, bottom] = [Math.max(0, column.left - source.right), column.height, top + source.height]
  const lens = panel.querySelector<SVGSVGElement>('.lens')!
  lens.style.left = `${-width}px`
  lens.setAttribute('width', String(width))
  lens.setAttribute('height', String(height))
  const outline = `M0 ${top}C${width / 2} ${top} ${width / 2} 0 ${width} 0V${height}C${width / 2} ${height} ${width / 2} ${bottom} 0 ${bottom}z`
  lens.querySelector('path')!.setAttribute('d', outline)
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
    let width = 0
    new ResizeObserver(() => {
      if (this.shelf.clientWidth === width) return
      width = this.shelf.clientWidth
      this.makeRoom()
      this.place()
    }).observe(this.shelf)
  }

  /** Shows an item: opens all around it, and itself. */
  select(item: Item, { focus = false } = {}): void {
    this.selected = item
    const opened = this.model.path(item).filter((part) => this.model.layout(part))
    const kept = opened.findIndex((part, i) => this.columns[i + 1]?.part !== part)
    this.close(kept < 0 ? opened.length : kept)
    for (const part of opened.slice(this.columns.length - 1)) this.open(part)
    this.makeRoom()
    this.place()
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
    const others = this.columns.slice(1).reduce((sum, { panel }) => sum + panel.offsetWidth + gap, 0)
    const isSlim = this.columns.length > 2 && innerWidth > 700 && houseWidth + others > this.shelf.clientWidth
    house.classList.toggle('slim', isSlim)
  }

  /**
   * Puts each column level with what it shows the inside of, and draws the lens between the two. All is measured before
   * anything is moved, so that the browser lays the page out once.
   */
  private place(): void {
    const top = this.shelf.getBoundingClientRect().top
    const room = this.columns[0]!.panel.offsetHeight
    const measured = this.columns.slice(1).map(({ part, panel }, i) => ({
      panel,
      column: panel.getBoundingClientRect(),
      source: this.columns[i]!.boxes.get(part)!.getBoundingClientRect(),
    }))
    let moved = 0
    for (const { panel, column, source } of measured) {
      const sourceTop = source.top - top + moved
      const margin = Math.max(0, Math.min(sourceTop + source.height / 2 - column.height / 2, room - column.height))
      moved = margin - (column.top - top) + shelfPadding
      panel.style.marginTop = `${margin}px`
      drawLens(panel, column, source, sourceTop - margin - shelfPadding)
    }
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
        set(box, 'aria-expanded', this.model.isPart(item) ? String(path.has(item)) : null)
        set(box, 'aria-current', item === this.selected ? 'true' : null)
        if (this.isWalkable(item)) set(box, 'tabindex', item === current ? '0' : '-1')
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
