import type { Part } from '../../inspect/part.js'
import type { Node, Value } from '../../onnx/index.js'
import { boundaryOf, type Child, isPart } from './wiring.js'

/** In a drawing of more things than this nobody finds any. */
const mostChildren = 60
/** The house is a list, and can have more. */
const mostRooms = 200

/**
 * What a part consists of, in the order of computation: inner parts, and nodes that belong to none of them. Long lists are
 * cut into pieces of their own, so that every drawing is readable and quickly made.
 */
export function childrenOf(part: Part, users: ReadonlyMap<Value, readonly Node[]>): Child[] {
  return pieces(looseChildren(part), users, mostChildren)
}

/** The same for a stage, with nodes that are in no inner part gathered as parts, so that the house has parts alone. */
export function roomsOf(part: Part, users: ReadonlyMap<Value, readonly Node[]>): Part[] {
  const gathered: Part[] = []
  let loose: Node[] = []
  const gather = () => {
    if (loose.length > 0) gathered.push(piece(loose, users))
    loose = []
  }
  for (const child of looseChildren(part)) {
    if (!isPart(child)) loose.push(child)
    else {
      gather()
      gathered.push(child)
    }
  }
  gather()
  return pieces(gathered, users, mostRooms) as Part[]
}

function looseChildren(part: Part): Child[] {
  const place = new Map(part.nodes.map((node, i) => [node, i]))
  const inner = new Set(part.parts.flatMap(({ nodes }) => nodes))
  const placeOf = (child: Child) => place.get(isPart(child) ? child.nodes.at(-1)! : child) ?? 0
  const loose = part.nodes.filter((node) => !inner.has(node) && !node.constant)
  return [...part.parts, ...loose].sort((a, b) => placeOf(a) - placeOf(b))
}

function pieces(children: Child[], users: ReadonlyMap<Value, readonly Node[]>, most: number): Child[] {
  if (children.length <= most) return children
  const size = Math.ceil(children.length / Math.ceil(children.length / most))
  const cut = Array.from({ length: Math.ceil(children.length / size) }, (_, i) =>
    piece(children.slice(i * size, (i + 1) * size), users),
  )
  return pieces(cut, users, most)
}

function piece(children: readonly Child[], users: ReadonlyMap<Value, readonly Node[]>): Part {
  const nodes = children.flatMap((child) => (isPart(child) ? child.nodes : [child]))
  return {
    kind: 'other',
    name: nodes[0]!.name,
    nodes,
    ...boundaryOf(nodes, users),
    weights: {},
    details: {},
    parts: children.filter(isPart),
  }
}
