/**
 * What the page's script draws, as compact JSON: rows of numbers, where texts are indices into `strings`, each of which is
 * there once. This file imports nothing, so that the script in the browser shares its types.
 */
export interface PageData {
  strings: readonly string[]
  /** Attributes of nodes, each set once: [name, text] as indices into `strings`. */
  attributes: readonly (readonly (readonly [name: number, text: number])[])[]
  values: readonly ValueRow[]
  nodes: readonly NodeRow[]
  parts: readonly PartRow[]
  weights: readonly WeightRow[]
  layouts: readonly Layout[]
  differences: readonly DifferenceRow[]
  /** Where formulas and words for kinds of parts are, by kind. */
  kinds: Readonly<Record<string, KindWords>>
  /** Inputs and outputs of the model, as indices into `values`. */
  inputs: readonly number[]
  outputs: readonly number[]
  /** Whether the nodes' times were measured. */
  isMeasured: boolean
  /** Pictures' patches along one side, heads of a layer: what the house shows; 0 where that is not known. */
  patches: number
  heads: number
}

/** What a kind of part is called, and what it does. */
export interface KindWords {
  title: string
  sentence: string
}

/** `weight` is an index into `weights`, or -1. */
export type ValueRow = readonly [name: number, dtype: number, shape: number, weight: number]

export type NodeRow = readonly [
  op: number,
  name: number,
  domain: number,
  attributes: number,
  /** Indices into `values`; -1 where an optional one is left out. */
  inputs: readonly number[],
  outputs: readonly number[],
  /** The innermost part that it belongs to. */
  part: number,
  /** The term of that part's formula which it computes; an index into `strings`, '' for none. */
  term: number,
  /** Which of the page's colours it has. */
  family: number,
  macs: number,
  /** What activations take while it runs. */
  liveBytes: number,
  /** Measured; 0 where it was not. */
  microseconds: number,
  /** One more line about it, such as the shape of its weight. */
  subtitle: number,
]

export interface PartRow {
  kind: number
  /** Such as `blocks.3.attn`. */
  name: number
  /** Such as `Block 3`. */
  title: number
  /** One more line about it, such as `12 heads of 64`; an index into `strings`. */
  subtitle: number
  /** -1 for the model as a whole, which is the first part. */
  parent: number
  /** In the order of computation. Parts are their index; nodes are `-1 - index`. */
  children: readonly number[]
  inputs: readonly number[]
  outputs: readonly number[]
  /** Role and value of its own constants. */
  weights: readonly (readonly [role: number, value: number])[]
  details: readonly (readonly [name: number, text: number])[]
  /** The term of the formula around it which it computes. */
  term: number
  /** The key of its formula; '' for none. */
  formula: number
  family: number
  /** Learned values. */
  parameters: number
  macs: number
  /** The most that activations take while it runs. */
  liveBytes: number
  microseconds: number
  nodes: number
  /** An index into `layouts`, which equal parts share; -1 where it is drawn as the house. */
  layout: number
}

/** Statistics of a weight; `seen` of its `count` numbers were looked at. */
export type WeightRow = readonly [
  count: number,
  seen: number,
  min: number,
  max: number,
  mean: number,
  std: number,
  bins: readonly number[],
]

/** Where the children of a part stand, in pixels. */
export interface Layout {
  width: number
  height: number
  /** As many as the part has children, in their order. */
  boxes: readonly BoxRow[]
  /** Where its inputs and outputs stand; `label` is an index into `strings`. */
  inputs: readonly (readonly [x: number, y: number, label: number])[]
  outputs: readonly (readonly [x: number, y: number, label: number])[]
  edges: readonly EdgeRow[]
}

/** The middle of a box and its size; two lines of text. */
export type BoxRow = readonly [x: number, y: number, width: number, height: number, title: number, subtitle: number]

export type EdgeRow = readonly [
  /** A child, or `-1 - i` for input `i` of the part. */
  from: number,
  /** A child, or `-1 - i` for output `i` of the part. */
  to: number,
  /** Which of the inputs of `to` it is. */
  input: number,
  /** 1 on the residual stream. */
  stream: number,
  /** What the value is there, such as `Q`; an index into `strings`. */
  role: number,
  labelX: number,
  labelY: number,
  /** x and y in turns. */
  points: readonly number[],
]

export type DifferenceRow = readonly [what: number, node: number]
