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
  /** Letters of the text at its middle. */
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
const boxPadding = 26

/**
 * Where boxes and arrows stand, flowing from top to bottom: the layered layout of Sugiyama et al. (1981) as dagre makes it.
 * It is made once, when the page is written, so that the page itself needs no library.
 */
export function layoutOf({ boxes, arrows, inputs, outputs }: Drawing): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'TB', nodesep: 24, edgesep: 18, ranksep: 34, marginx: 14, marginy: 12 })
  for (const [i, box] of boxes.entries()) graph.setNode(String(i), sizeOf(box))
  const ports = [
    ...inputs.map(([label, length], i) => ({ key: `in ${i}`, label, length })),
    ...outputs.map(([label, length], i) => ({ key: `out ${i}`, label, length })),
  ]
  for (const { key, length } of ports) graph.setNode(key, { width: Math.max(24, length * labelLetter), height: 20 })
  const used = new Set<string>()
  for (const [i, arrow] of arrows.entries()) {
    const from = arrow.from >= 0 ? String(arrow.from) : `in ${-1 - arrow.from}`
    const to = arrow.to >= 0 ? String(arrow.to) : `out ${-1 - arrow.to}`
    used.add(from).add(to)
    const label = {
      width: arrow.labelLength * labelLetter + 8,
      height: 14,
      labelpos: 'c',
      weight: arrow.stream ? 3 : 1,
    }
    graph.setEdge(from, to, label, String(i))
  }
  // An input that no child takes would stand apart.
  for (const { key } of ports) if (!used.has(key)) graph.removeNode(key)
  dagre.layout(graph)
  const portRow = ({ key, label }: (typeof ports)[number]) => {
    const node = graph.node(key) as { x: number; y: number } | undefined
    return node ? ([Math.round(node.x), Math.round(node.y), label] as const) : ([-1, -1, label] as const)
  }
  const edges = (graph.edges() as EdgeKey[]).map((edge) => [Number(edge.name), graph.edge(edge) as Route] as const)
  const routes = new Map(edges)
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: boxes.map((box, i) => boxRow(box, graph.node(String(i)) as Placed)),
    inputs: ports.slice(0, inputs.length).map(portRow),
    outputs: ports.slice(inputs.length).map(portRow),
    edges: arrows.map((arrow, i) => edgeRow(arrow, routes.get(i)!)),
  }
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
  return { width: Math.max(104, Math.ceil(width)), height: subtitleLength > 0 ? 46 : 34 }
}

const boxRow = ({ title, subtitle }: Box, { x, y, width, height }: Placed): BoxRow => [
  Math.round(x),
  Math.round(y),
  width,
  height,
  title,
  subtitle,
]

const edgeRow = ({ from, to, input, stream }: Arrow, { x, y, points }: Route): EdgeRow => [
  from,
  to,
  input,
  stream ? 1 : 0,
  Math.round(x),
  Math.round(y),
  points.flatMap((point) => [Math.round(point.x), Math.round(point.y)]),
]
