import type { Node } from '../../onnx/index.js'
import type { PartKind } from '../part.js'
import type { Wiring } from '../patterns/index.js'
import type { Draft } from './forest.js'
import { layoutOps } from './trace.js'

/** Parts whose own nodes become parts as well. Others are one thing with all of their nodes. */
const containers: ReadonlySet<PartKind> = new Set([
  'preprocessing',
  'encoder',
  'postprocessing',
  'encoderLayer',
  'attention',
  'mlp',
  'swiGlu',
  'head',
])

/** Gives every node that no pattern explained a part of its own, and neighbours that only move elements one together. */
export function placeLeftovers(wiring: Wiring, draft: Draft): void {
  for (const part of draft.parts) placeLeftovers(wiring, part)
  if (draft.parent && !containers.has(draft.kind)) return
  const taken = new Set(draft.parts.flatMap(({ nodes }) => [...nodes]))
  const own = [...draft.nodes].filter((node) => !taken.has(node))
  const groups = new Map<Node, Draft>()
  for (const node of own.sort((a, b) => wiring.position(a) - wiring.position(b))) {
    const isLayout = node.domain === '' && layoutOps.has(node.op)
    // The product of the two halves is what the rest of a SwiGLU is there for.
    if (draft.kind === 'swiGlu' && node.op === 'Mul') continue
    const before = isLayout ? node.inputs.find((input) => input?.producer && groups.has(input.producer)) : undefined
    const group = before && groups.get(before.producer!)
    if (group) group.nodes.add(node)
    const made = group ?? childOf(draft, node, kindOf(node, isLayout))
    if (isLayout) groups.set(node, made)
  }
}

const kindOf = ({ op }: Node, isLayout: boolean): PartKind =>
  isLayout ? 'layout' : op === 'Softmax' || op === 'LogSoftmax' ? 'softmax' : 'other'

function childOf(parent: Draft, node: Node, kind: PartKind): Draft {
  const child: Draft = { kind, role: kind, nodes: new Set([node]), weights: {}, details: {}, parts: [], parent }
  parent.parts.push(child)
  return child
}

/** Puts every node that computes sizes into the part that uses them; where several do, into what these are in. */
export function placeSizes(wiring: Wiring, stages: readonly Draft[]): void {
  const sizesIn = new Map<Draft, Draft>()
  const innermost = new Map<Node, Draft>()
  const visit = (draft: Draft) => {
    for (const node of draft.nodes) innermost.set(node, draft)
    for (const part of draft.parts) visit(part)
  }
  for (const stage of stages) visit(stage)
  for (const node of wiring.graph.nodes.toReversed()) {
    if (!wiring.isSizeNode(node)) continue
    const users = node.outputs.flatMap((output) => (output ? wiring.consumers(output) : []))
    const source = node.inputs.find((input) => input?.producer)?.producer
    const parts = users.flatMap((user) => innermost.get(user) ?? [])
    const target = commonPart(parts) ?? (source && innermost.get(source)) ?? stages.at(-1)!
    innermost.set(node, target)
    const sizes = sizesIn.get(target)
    if (sizes) sizes.nodes.add(node)
    else sizesIn.set(target, childOf(target, node, 'shapeArithmetic'))
    for (let outer: Draft | undefined = target; outer; outer = outer.parent) outer.nodes.add(node)
  }
}

/** The innermost part that all of these are in; of different stages, the first. */
function commonPart(parts: readonly Draft[]): Draft | undefined {
  const [first, ...others] = parts
  return others.reduce<Draft | undefined>((common, part) => {
    const around = new Set(pathOf(part))
    return pathOf(common!).find((draft) => around.has(draft)) ?? pathOf(common!).at(-1)
  }, first)
}

function pathOf(draft: Draft): Draft[] {
  return draft.parent ? [draft, ...pathOf(draft.parent)] : [draft]
}
