/** HTML that is safe to put into a page as it stands. Only `html`, `raw` and `json` make it. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text
  }
}

type Value = Html | string | number | readonly Html[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text made safe for HTML, inside elements and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}

/** A template of HTML: strings that are put in are escaped, so that a class named `<script>` stays a name. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.reduce((text, part, i) => text + render(values[i - 1]!) + part))
}

function render(value: Value): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'string') return escapeHtml(value)
  return typeof value === 'number' ? String(value) : value.map((item) => item.text).join('')
}

/** Text that is HTML, CSS or a script already, of our own making. */
export function raw(text: string): Html {
  return new Html(text)
}

/** A value as JSON for a `<script type="application/json">`: without `<`, nothing in it can end the element. */
export function json(value: unknown): Html {
  return new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))
}
