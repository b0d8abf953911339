import type { PageData } from '../page-data.js'
import { byId } from './dom.js'
import { Explorer } from './explorer.js'
import { Model } from './model.js'
import { Search } from './search.js'
import { operatorTable, Timeline } from './timeline.js'

/** Sets the page up. */
export function start(): void {
  const model = new Model(JSON.parse(byId('model').textContent!) as PageData)
  const explorer = new Explorer(model)
  const select = (item: number) => explorer.select(item, { focus: true })
  const search = new Search(model, select)
  listenToKeys(explorer, search)
  listenToSheet()
  linkTerms()
  for (const link of document.querySelectorAll<HTMLElement>('[data-go]'))
    link.addEventListener('click', () => select(Number(link.dataset.go)))
  const wanted = Number(location.hash.slice(1) || Number.NaN)
  explorer.select(isItem(model, wanted) ? wanted : innerWidth < 700 ? 0 : firstBlock(model))
  new Timeline(model, byId('timeline'), select)
  byId('operators').replaceChildren(operatorTable(model))
}

const isItem = ({ data }: Model, item: number) =>
  Number.isInteger(item) && (item >= 0 ? item < data.parts.length : -1 - item < data.nodes.length)

/** The page opens with what a Vision Transformer consists of; for another model with its first part. */
const firstBlock = (model: Model) =>
  model.rooms.find((room) => model.text(model.part(room).kind) === 'encoderLayer') ?? model.rooms[0] ?? 0

function listenToKeys(explorer: Explorer, search: Search): void {
  const actions: Record<string, () => void> = {
    ArrowDown: () => explorer.walk(1),
    ArrowUp: () => explorer.walk(-1),
    ArrowRight: () => explorer.enter(),
    Enter: () => explorer.enter(),
    ArrowLeft: () => explorer.leave(),
    Escape: () => explorer.leave(),
    '/': () => search.focus(),
  }
  addEventListener('keydown', (event) => {
    const action = actions[event.key]
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return
    // Elsewhere on the page the arrows scroll, and Enter presses what has the focus.
    const inShelf = event.target instanceof Element && event.target.closest('#shelf')
    if (event.key !== '/' && event.key !== 'Escape' && event.target !== document.body && !inShelf) return
    event.preventDefault()
    action()
  })
}

/** On narrow screens the details are a sheet at the bottom, which opens and closes. */
function listenToSheet(): void {
  const button = byId('sheet')
  button.addEventListener('click', () =>
    button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') === 'false')),
  )
}

/** Pointing at a term of a formula lights up what computes it, and the other way round. */
function linkTerms(): void {
  const light = (event: Event) => {
    for (const lit of document.querySelectorAll('.lit')) lit.classList.remove('lit')
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-term]') : null
    const part = target?.closest<HTMLElement>('[data-part]')?.dataset.part
    if (!target || part === undefined) return
    const term = CSS.escape(target.dataset.term!)
    for (const same of document.querySelectorAll(`[data-part="${part}"] [data-term="${term}"]`))
      same.classList.add('lit')
  }
  for (const type of ['pointerover', 'focusin']) document.addEventListener(type, light)
  document.addEventListener('click', (event) => {
    const term = event.target instanceof Element ? event.target.closest<HTMLElement>('.formula [data-term]') : null
    const part = term?.closest<HTMLElement>('[data-part]')?.dataset.part
    const box = document.querySelector<SVGGElement>(
      `[data-part="${part}"] .box[data-term="${CSS.escape(term?.dataset.term ?? '')}"]`,
    )
    if (term && box) box.dispatchEvent(new MouseEvent('click'))
  })
}
