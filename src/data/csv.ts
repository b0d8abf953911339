/**
 * The records of a CSV text after RFC 4180: fields may stand in double quotes, which then may hold commas, line breaks
 * and doubled quotes. Lines end in LF or CRLF; empty lines are left out.
 * @throws Error in a few words, with the number of the line, where a quote is wrong
 */
export function parseCsv(text: string): string[][] {
  const records: string[][] = []
  let fields: string[] = []
  let at = 0
  while (at < text.length) {
    const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at)
    fields.push(field.value)
    at = field.end
    if (text[at] === ',') {
      at++
      if (at < text.length) continue
      fields.push('')
    }
    at += text.startsWith('\r\n', at) ? 2 : 1
    if (fields.length > 1 || fields[0] !== '') records.push(fields)
    fields = []
  }
  return records
}

interface Field {
  value: string
  /** Where the comma, the line break or the end of the text stands that ends the field. */
  end: number
}

function plainField(text: string, start: number): Field {
  const end = endOfField(text, start)
  const value = text.slice(start, end)
  if (value.includes('"'))
    throw new Error(`line ${lineOf(text, start)} has a quote within a field that has none around it`)
  return { value, end }
}

function quotedField(text: string, start: number): Field {
  let close = start
  do {
    close = text.indexOf('"', close + 1)
    if (close < 0) throw new Error(`line ${lineOf(text, start)} has a quote that is not closed`)
  } while (text[close + 1] === '"' && ++close)
  const end = close + 1
  if (endOfField(text, end) !== end) throw new Error(`line ${lineOf(text, end)} goes on after a closing quote`)
  return { value: text.slice(start + 1, close).replaceAll('""', '"'), end }
}

/** Where the first comma or line break from a place on stands, or the end of the text. */
function endOfField(text: string, start: number): number {
  const ending = /,|\r?\n/g
  ending.lastIndex = start
  return ending.exec(text)?.index ?? text.length
}

const lineOf = (text: string, at: number) => text.slice(0, at).split('\n').length
