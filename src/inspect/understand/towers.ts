import type { Node, Value } from '../../onnx/index.js'
import type { Layer } from './encoder-layers.js'
import type { Forest } from './forest.js'

/**
 * Encoder layers that follow one another, whatever is between them: one tower in most models, two where pictures are
 * compared with texts. The tower that starts from pixels comes first, then the highest.
 */
export function towersOf(forest: Forest, layers: readonly Layer[]): Layer[][] {
  const owners = new Map(layers.flatMap((layer) => [...layer.draft.nodes].map((node) => [node, layer] as const)))
  const towers = new Map<Layer, Layer[]>()
  const onPixels = new Set<Layer[]>()
  for (const layer of layers) {
    const { before, inputs } = behind(forest, layer, owners)
    const tower = (before && towers.get(before)) ?? []
    tower.push(layer)
    towers.set(layer, tower)
    if (inputs.some((input) => input.isTyped && input.rank === 4)) onPixels.add(tower)
  }
  const rank = (tower: Layer[]) => (onPixels.has(tower) ? layers.length : 0) + tower.length
  return [...new Set(towers.values())].sort((a, b) => rank(b) - rank(a))
}

/** The layer before a layer, or the inputs of the graph that it starts from. */
function behind({ wiring }: Forest, layer: Layer, owners: ReadonlyMap<Node, Layer>) {
  const seen = new Set<Value>(layer.inputs)
  const inputs: Value[] = []
  let before: Layer | undefined
  for (const value of seen) {
    const { producer } = value
    const owner = producer && owners.get(producer)
    // Later layers come later, so of several the last one found first is kept.
    if (owner && owner !== layer) before ??= owner
    else if (producer) for (const input of producer.inputs) if (wiring.dependsOnInput(input)) seen.add(input!)
    if (!producer && wiring.dependsOnInput(value)) inputs.push(value)
  }
  return { before, inputs: before ? [] : inputs }
}
