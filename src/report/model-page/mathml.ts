import { escapeHtml } from '../html.js'

const tokens = /\\([a-zA-Z0-9]+)|([{}^_])|(\d+(?:\.\d+)?)|([\p{L}′]+)|([^\s])/gu

type Token = RegExpExecArray

/**
 * Turns a formula into MathML. The notation is a little of LaTeX's: `\frac{a}{b}`, `\sqrt{a}`, `a^2`, `a_i`; any other
 * command, as in `\mean{E[x]}`, makes a term of that name, which the page can point at.
 */
export function mathml(formula: string): string {
  const list = [...formula.matchAll(tokens)] as Token[]
  let position = 0

  /** Items up to a closing brace or the end. */
  function sequence(): string {
    const items: string[] = []
    while (position < list.length) {
      const [text, , mark] = list[position]!
      if (mark === '}') break
      if (mark === '^' || mark === '_') {
        position++
        const tag = mark === '^' ? 'msup' : 'msub'
        items.push(`<${tag}>${items.pop() ?? '<mrow></mrow>'}${item()}</${tag}>`)
      } else if (text === '(' || text === '[') items.push(fenced())
      else if (text === ')' || text === ']') break
      else items.push(item())
    }
    return items.join('')
  }

  /** Brackets belong to what is in them, so that an exponent after them is theirs. */
  function fenced(): string {
    const open = list[position++]![0]
    const content = sequence()
    const close = list[position++]?.[0] ?? ''
    return `<mrow><mo>${open}</mo>${content}<mo>${close}</mo></mrow>`
  }

  function item(): string {
    const [text, command, mark, number, letters] = list[position++]!
    if (mark === '{') {
      const content = sequence()
      position++
      return `<mrow>${content}</mrow>`
    }
    if (command === 'frac') return `<mfrac>${item()}${item()}</mfrac>`
    if (command === 'sqrt') return `<msqrt>${item()}</msqrt>`
    if (command) return item().replace('<mrow>', `<mrow data-term="${command}">`)
    if (number) return `<mn>${number}</mn>`
    if (letters)
      return letters.endsWith('′') ? `<msup><mi>${letters.slice(0, -1)}</mi><mo>′</mo></msup>` : `<mi>${letters}</mi>`
    return `<mo>${escapeHtml(text)}</mo>`
  }

  return `<math display="block">${sequence()}</math>`
}
