import { layouts } from './layouts.js'
import type { NameTable, Row } from './table.js'

/** A tensor, or some of several equal parts of it along its first axis. */
export interface Part {
  name: string
  first: number
  count: number
  of: number
}

/** How one tensor, or a part of it, translates: a row of a table without its shorthands. */
export interface Rule {
  ours: Part
  theirs: Part
  layout?: (typeof layouts)[keyof typeof layouts]
}

const both = { weight: 'weight', bias: 'bias' } as const

/** The rules that rows of a table stand for: one for every parameter and every name of the library's. */
export function rulesOf(rows: readonly Row[], parameters: NameTable['parameters'] = both): Rule[] {
  return rows.flatMap(([ours, names, word]) => {
    const layout = word && { layout: layouts[word] }
    return [names].flat().flatMap((theirs) => {
      if (!ours.endsWith('.*')) return [{ ours: partOf(ours), theirs: partOf(theirs), ...layout }]
      return Object.entries(parameters).map(([their, our]) => ({
        ours: partOf(ours.slice(0, -1) + our),
        theirs: partOf(theirs.slice(0, -1) + their),
        ...layout,
      }))
    })
  })
}

/** A name that may have `[0/3]` or `[1-2/3]` inside. */
function partOf(text: string): Part {
  const [bracket, first, last = first, of] = /\[(\d)(?:-(\d))?\/(\d)\]/.exec(text) ?? []
  if (bracket === undefined) return { name: text, first: 0, count: 1, of: 1 }
  return {
    name: text.replace(bracket, ''),
    first: Number(first),
    count: Number(last) - Number(first) + 1,
    of: Number(of),
  }
}

/** Finds rules by the name of a tensor, in either direction. */
export class RuleBook {
  private readonly rules = new Map<string, Rule[]>()

  constructor(rules: readonly Rule[], from: 'ours' | 'theirs') {
    for (const rule of rules) {
      const { name } = rule[from]
      this.rules.set(name, [...(this.rules.get(name) ?? []), rule])
    }
  }

  /** The rules for a tensor, with the number of its layer filled in. */
  find(name: string): Rule[] {
    const exact = this.rules.get(name)
    if (exact) return exact
    // Four digits, so that no two spellings mean the same layer and none is beyond counting.
    const [, before, number, after] = /^(.*?[._])(0|[1-9]\d{0,3})([./].*)$/s.exec(name) ?? []
    const numbered = number === undefined ? undefined : this.rules.get(`${before}*${after}`)
    return (numbered ?? []).map((rule) => ({
      ...rule,
      ours: fill(rule.ours, number!),
      theirs: fill(rule.theirs, number!),
    }))
  }
}

function fill(part: Part, number: string): Part {
  return { ...part, name: part.name.replace('*', number) }
}
