import { byId, element } from './dom.js'
import { atArrow, type Item, type Model } from './model.js'

const mostResults = 40

/** A field that finds operators, names and shapes: an ARIA combobox with a list box. */
export class Search {
  private readonly field = byId('search') as HTMLInputElement
  private readonly list = byId('results')
  private readonly index: { item: Item; words: string }[]
  private found: Item[] = []
  private active = -1

  constructor(
    private readonly model: Model,
    private readonly select: (item: Item) => void,
  ) {
    const items = [...model.data.parts.keys()]
      .slice(1)
      .concat(model.data.nodes.flatMap((row, i) => (row ? [-1 - i] : [])))
    this.index = items.map((item) => ({ item, words: this.wordsOf(item) }))
    this.field.addEventListener('input', () => this.find())
    this.field.addEventListener('keydown', (event) => this.press(event))
    this.field.addEventListener('blur', () => setTimeout(() => this.close(), 150))
    this.field.addEventListener('focus', () => this.find())
  }

  focus(): void {
    this.field.focus()
    this.field.select()
  }

  private wordsOf(item: Item): string {
    const weights = this.model.inputs(item).filter((index) => index >= 0 && this.model.value(index).weight)
    const values = [...this.model.outputs(item), ...weights].map((index) => this.model.value(index))
    const shapes = values.map(({ name, shape }) => `${shape} ${name}`)
    return normal(`${this.model.title(item)} ${this.model.subtitle(item)} ${this.model.name(item)} ${shapes.join(' ')}`)
  }

  private find(): void {
    const words = normal(this.field.value).split(' ').filter(Boolean)
    const hits = words.length > 0 ? this.index.filter((entry) => words.every((word) => entry.words.includes(word))) : []
    this.found = hits.slice(0, mostResults).map(({ item }) => item)
    this.active = this.found.length > 0 ? 0 : -1
    const more = hits.length - this.found.length
    this.list.replaceChildren(
      ...this.found.map((item, i) => this.option(item, i)),
      ...(words.length > 0 && hits.length === 0
        ? [element('li', { class: 'none' }, 'Nothing of that name or shape')]
        : []),
      ...(more > 0 ? [element('li', { class: 'none' }, `and ${more} more`)] : []),
    )
    this.list.hidden = words.length === 0
    this.field.setAttribute('aria-expanded', String(words.length > 0))
    this.mark()
  }

  private option(item: Item, i: number): HTMLElement {
    const path = this.model
      .path(item)
      .slice(1, -1)
      .map((around) => this.model.title(around))
    const output = this.model.outputs(item)[0]
    const shape = output === undefined ? '' : atArrow(this.model.value(output).shape)
    return element(
      'li',
      { id: `result-${i}`, role: 'option', class: `f-${this.model.family(item)}`, pointerdown: () => this.choose(i) },
      element('b', {}, this.model.title(item)),
      element('span', {}, `${this.model.name(item)} ${shape && `· ${shape}`}`),
      element('small', {}, path.join(' › ')),
    )
  }

  private press(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && this.found.length > 0) {
      this.active = (this.active + step + this.found.length) % this.found.length
      this.mark()
      event.preventDefault()
    } else if (event.key === 'Enter' && this.active >= 0) this.choose(this.active)
    else if (event.key === 'Escape') {
      this.close()
      this.field.blur()
    }
    event.stopPropagation()
  }

  private mark(): void {
    for (const [i, option] of [...this.list.querySelectorAll('[role=option]')].entries()) {
      option.setAttribute('aria-selected', String(i === this.active))
      if (i === this.active) option.scrollIntoView({ block: 'nearest' })
    }
    this.field.setAttribute('aria-activedescendant', this.active >= 0 ? `result-${this.active}` : '')
  }

  private choose(i: number): void {
    this.close()
    this.select(this.found[i]!)
  }

  private close(): void {
    this.list.hidden = true
    this.field.setAttribute('aria-expanded', 'false')
  }
}

/** Shapes are found however they are written: `197x768`, `[197, 768]`, `197 × 768`. */
const normal = (text: string) =>
  text
    .toLowerCase()
    .replace(/(\d)\s*[x×,]\s*(?=\d)/g, '$1,')
    .replace(/[\s[\]]+/g, ' ')
    .trim()
