/** Attributes of an element; functions are event listeners. What is undefined or false is left out. */
type Attributes = Record<string, string | number | boolean | undefined | ((event: never) => void)>

type Content = Element | string | undefined

/** An HTML element. Texts become text nodes: nothing that a file says can become an element. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...content: Content[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, content)
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...content: Content[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, content)
}

function fill<E extends Element>(target: E, attributes: Attributes, content: readonly Content[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') target.addEventListener(name, value as unknown as EventListener)
    else if (value === true) target.setAttribute(name, '')
    else if (value !== undefined && value !== false) target.setAttribute(name, String(value))
  }
  target.append(...content.filter((item) => item !== undefined))
  return target
}

export const byId = (id: string): HTMLElement => document.getElementById(id)!
