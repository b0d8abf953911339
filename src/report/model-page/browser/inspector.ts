import { byId, element } from './dom.js'
import { bytes, duration, short, whole } from './format.js'
import type { Item, Model } from './model.js'
import { weightCard } from './weights.js'

/** All that is known of an item, for the panel beside the drawings. */
export function inspect(model: Model, item: Item, select: (item: Item) => void): HTMLElement[] {
  const name = model.name(item)
  const differences = model.differing.get(item) ?? []
  const single = singleNode(model, item)
  return [
    element('h2', { class: `f-${model.family(item)}` }, model.title(item)),
    ...(name ? [element('p', { class: 'name' }, element('code', {}, name))] : []),
    ...(differences.length > 0 ? [warning(differences)] : []),
    ...(model.words(item) && item > 0 ? [element('p', {}, model.words(item)!.sentence)] : []),
    ...formulas(model, item),
    figures(model, item),
    ...(model.isPart(item) ? partDetails(model, item) : []),
    ...(single < 0 ? nodeDetails(model, single) : []),
    ...values(model, 'Inputs', model.inputs(item), select),
    ...values(model, 'Outputs', model.outputs(item), select),
    ...weights(model, weightsOf(model, item)),
  ]
}

const warning = (differences: readonly string[]) =>
  element('ul', { class: 'difference' }, ...differences.map((what) => element('li', {}, `≠ ${what}`)))

/** The formula of a part, or of the part around a node, whose term then stands out. */
function formulas(model: Model, item: Item): HTMLElement[] {
  const owner = [item, model.parent(item)].find((candidate) => candidate >= 0 && model.formula(candidate))
  if (owner === undefined || (owner !== item && !model.term(item))) return []
  const template = byId('formulas') as HTMLTemplateElement
  const formula = template.content.querySelector(`[data-formula="${model.formula(owner)}"]`)
  if (!formula) return []
  const copy = formula.cloneNode(true) as HTMLElement
  copy.dataset.part = String(owner)
  const terms = new Map(model.part(owner).children.map((child) => [model.term(child), child]))
  for (const term of copy.querySelectorAll<HTMLElement>('[data-term]')) {
    const child = terms.get(term.dataset.term!)
    if (child === undefined) delete term.dataset.term
    else if (child === item) term.classList.add('chosen')
  }
  return [copy]
}

function figures(model: Model, item: Item): HTMLElement {
  const row = (name: string, value: string, title = '') =>
    element('div', { title: title || undefined }, element('dt', {}, name), element('dd', {}, value))
  const rows: HTMLElement[] = []
  const add = (name: string, value: number, format: (value: number) => string) =>
    value > 0 && rows.push(row(name, format(value), whole(value)))
  if (model.isPart(item)) add('parameters', model.part(item).parameters, short)
  add('MACs', model.isPart(item) ? model.part(item).macs : model.node(item)[9], short)
  add('time', model.microseconds(item), duration)
  add('peak memory', model.isPart(item) ? model.part(item).liveBytes : model.node(item)[10], bytes)
  if (model.isPart(item)) rows.push(row('nodes', whole(model.part(item).nodes)))
  return element('dl', { class: 'figures' }, ...rows)
}

function partDetails(model: Model, item: Item): HTMLElement[] {
  const { details } = model.part(item)
  return table(
    'Read off the graph',
    details.map(([name, text]) => [inWords(model.text(name)), model.text(text)]),
  )
}

/** `headDim` as `head dim`. */
const inWords = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

function nodeDetails(model: Model, item: Item): HTMLElement[] {
  const [op, , domain, attributes] = model.node(item)
  const rows = model.data.attributes[attributes]!.map(([name, text]) => [model.text(name), model.text(text)] as const)
  const from = model.text(domain)
  return table('Node', [['operator', from ? `${from}.${model.text(op)}` : model.text(op)], ...rows])
}

function table(title: string, rows: readonly (readonly [string, string])[]): HTMLElement[] {
  if (rows.length === 0) return []
  const lines = rows.map(([name, text]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, text)),
  )
  return [element('h3', {}, title), element('table', { class: 'facts' }, element('tbody', {}, ...lines))]
}

/** Values with their types; each leads to what computes it, or else to what uses it. */
function values(model: Model, title: string, indices: readonly number[], select: (item: Item) => void): HTMLElement[] {
  const computed = indices.filter((index) => index >= 0 && !model.value(index).weight)
  if (computed.length === 0) return []
  const items = computed.map((index) => {
    const { name, dtype, shape } = model.value(index)
    const target = title === 'Inputs' ? model.producer(index) : model.usersOf(index)[0]
    const label = element('code', {}, name)
    return element(
      'li',
      {},
      target === undefined
        ? label
        : element(
            'button',
            { class: 'link', title: `go to ${model.title(target)}`, click: () => select(target) },
            label,
          ),
      element('span', {}, `${dtype} ${shape}`),
    )
  })
  return [element('h3', {}, title), element('ul', { class: 'values' }, ...items)]
}

/** The node itself, or the only one of a part. */
function singleNode(model: Model, item: Item): Item {
  const [child, ...more] = model.isPart(item) ? model.part(item).children : [item]
  return child !== undefined && more.length === 0 ? child : item
}

type NamedWeight = readonly [role: string, value: number]

function weightsOf(model: Model, item: Item): NamedWeight[] {
  const own = model.isPart(item) ? model.part(item).weights : []
  if (own.length > 0) return own.map(([role, value]) => [model.text(role), value])
  const single = singleNode(model, item)
  const inputs = single < 0 ? model.inputs(single) : []
  return inputs.flatMap((value) => (value >= 0 && model.value(value).weight ? [[model.value(value).name, value]] : []))
}

function weights(model: Model, list: readonly NamedWeight[]): HTMLElement[] {
  if (list.length === 0) return []
  return [
    element('h3', {}, list.length === 1 ? 'Weight' : 'Weights'),
    ...list.map(([role, value]) => weightCard(role, model.value(value))),
  ]
}
