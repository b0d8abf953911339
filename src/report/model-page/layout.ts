import * as dagre from '@dagrejs/dagre'
import type { BoxRow, EdgeRow, Layout } from './page-data.js'

/** A box with its texts; indices into the page's strings, and how many letters they have. */
export interface Box {
  title: number
  titleLength: number
  subtitle: number
  subtitleLength: number
}

/** An arrow of the drawing; see `EdgeRow`. */
export interface Arrow {
  from: number
  to: number
  input: number
  stream: boolean
  /** What the value is there; an index into the page's strings. */
  role: number
  /** Letters of the text at its middle, the role's included. */
  labelLength: number
}

export interface Drawing {
  boxes: readonly Box[]
  arrows: readonly Arrow[]
  /** The names of inputs and outputs; indices into the page's strings, and their lengths. */
  inputs: readonly (readonly [label: number, length: number])[]
  outputs: readonly (readonly [label: number, length: number])[]
}

/** Pixels a letter takes at the sizes of titles, subtitles and labels of the page, somewhat more than needed. */
const [titleLetter, subtitleLetter, labelLetter] = [7.9, 6.2, 6]
const boxPadding = 34

/**
 * Where boxes and arrows stand, flowing from top to bottom: the layered layout of Sugiyama et al. (1981) as dagre makes it.
 * It is made once, when the page is written, so that the page itself needs no library.
 */
export function layoutOf({ boxes, arrows, inputs, outputs }: Drawing): Layout {
  const graph: Graph = new dagre.graphlib.Graph({ multigraph: true })
  for (const [i, box] of boxes.entries()) graph.setNode(String(i), sizeOf(box))
  const ports = [
    ...inputs.map(([label, length], i) => ({ key: `in ${i}`, label, length })),
    ...outputs.map(([label, length], i) => ({ key: `out ${i}`, label, length })),
  ]
  for (const { key, length } of ports) graph.setNode(key, { width: Math.max(10, length * labelLetter), height: 8 })
  for (const [i, arrow] of arrows.entries()) {
    const from = arrow.from >= 0 ? String(arrow.from) : `in ${-1 - arrow.from}`
    const to = arrow.to >= 0 ? String(arrow.to) : `out ${-1 - arrow.to}`
    const label = {
      width: arrow.labelLength * labelLetter + 8,
      height: 14,
      labelpos: 'c',
      weight: arrow.stream ? 3 : 1,
    }
    graph.setEdge(from, to, label, String(i))
  }
  // An input that no child takes would stand apart.
  for (const { key } of ports) if (graph.nodeEdges(key)?.length === 0) graph.removeNode(key)
  const { width, height } = layOutPieces(graph)
  const portRow = ({ key, label }: (typeof ports)[number]) => {
    const node = graph.node(key) as Placed | undefined
    return node ? ([Math.round(node.x), Math.round(node.y), label] as const) : ([-1, -1, label] as const)
  }
  const routes = new Map((graph.edges() as EdgeKey[]).map((edge) => [Number(edge.name), graph.edge(edge) as Route]))
  const ordered = inOrder(arrows, routes)
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: boxes.map((box, i) => boxRow(box, graph.node(String(i)) as Placed)),
    inputs: ports.slice(0, inputs.length).map(portRow),
    outputs: ports.slice(inputs.length).map(portRow),
    edges: arrows.map((arrow, i) => edgeRow(arrow, ordered.get(i)!)),
  }
}

type Graph = InstanceType<typeof dagre.graphlib.Graph>

const spacing = { rankdir: 'TB', nodesep: 22, edgesep: 16, ranksep: 20, marginx: 12, marginy: 16 }

/** Pieces that no arrow connects stand side by side, in rows of about this width. */
const rowWidth = 900

/** Lays each connected piece of a graph out by itself, and puts them in rows. Gives the size of all. */
function layOutPieces(graph: Graph): { width: number; height: number } {
  let [x, y, rowHeight, width] = [0, 0, 0, 0]
  for (const keys of dagre.graphlib.alg.components(graph)) {
    const piece: Graph = new dagre.graphlib.Graph({ multigraph: true })
    piece.setGraph(spacing)
    for (const key of keys) piece.setNode(key, graph.node(key))
    for (const edge of graph.edges() as EdgeKey[])
      if (piece.hasNode(edge.v)) piece.setEdge(edge.v, edge.w, graph.edge(edge), edge.name)
    dagre.layout(piece)
    const size = piece.graph() as { width: number; height: number }
    if (x > 0 && x + size.width > rowWidth) [x, y, rowHeight] = [0, y + rowHeight, 0]
    for (const key of keys) shift(graph.node(key) as Placed, x, y)
    for (const edge of piece.edges() as EdgeKey[]) {
      const route = graph.edge(edge) as Route
      for (const point of [route, ...route.points]) shift(point, x, y)
    }
    x += size.width
    width = Math.max(width, x)
    rowHeight = Math.max(rowHeight, size.height)
  }
  return { width, height: y + rowHeight }
}

function shift(point: { x: number; y: number }, x: number, y: number): void {
  point.x += x
  point.y += y
}

/** Lets arrows between the same two boxes stand in the order of the inputs that they lead to. */
function inOrder(arrows: readonly Arrow[], routes: ReadonlyMap<number, Route>): Map<number, Route> {
  const ordered = new Map(routes)
  const groups = new Map<string, number[]>()
  for (const [i, { from, to }] of arrows.entries())
    groups.set(`${from} ${to}`, [...(groups.get(`${from} ${to}`) ?? []), i])
  for (const group of groups.values()) {
    const fromLeft = group.map((i) => routes.get(i)!).sort((a, b) => a.x - b.x)
    for (const [place, i] of group.entries()) ordered.set(i, fromLeft[place]!)
  }
  return ordered
}

interface EdgeKey {
  v: string
  w: string
  name: string
}

interface Placed {
  x: number
  y: number
  width: number
  height: number
}

interface Route {
  x: number
  y: number
  points: { x: number; y: number }[]
}

function sizeOf({ titleLength, subtitleLength }: Box) {
  const width = Math.max(titleLength * titleLetter, subtitleLength * subtitleLetter) + boxPadding
  return { width: Math.max(104, Math.ceil(width)), height: subtitleLength > 0 ? 43 : 32 }
}

const boxRow = ({ title, subtitle }: Box, { x, y, width, height }: Placed): BoxRow => [
  Math.round(x),
  Math.round(y),
  width,
  height,
  title,
  subtitle,
]

const edgeRow = ({ from, to, input, stream, role }: Arrow, { x, y, points }: Route): EdgeRow => [
  from,
  to,
  input,
  stream ? 1 : 0,
  role,
  Math.round(x),
  Math.round(y),
  points.flatMap((point) => [Math.round(point.x), Math.round(point.y)]),
]
