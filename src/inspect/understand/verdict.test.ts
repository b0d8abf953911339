import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ViT, type ViTConfig } from '../../nn/index.js'
import { elementCount, float, Graph, int, type Node, ops, rewrite, type Value } from '../../onnx/index.js'
import { understand } from './understand.js'

const small: Partial<ViTConfig> = { imageSize: 32, patchSize: 8, embedDim: 24, depth: 3, numHeads: 3, numClasses: 7 }
const vit = (config: Partial<ViTConfig> = {}) => new ViT({ ...small, ...config }).build(new Graph())

/** A small ViT in which the nodes that `matches` is true of compute something else. */
function changed(matches: (node: Node) => boolean, emit: (x: Value, node: Node) => Value): Graph {
  return rewrite(vit(), (node) =>
    matches(node) ? { inputs: node.inputs as Value[], emit: ([x]) => [emit(x!, node)] } : undefined,
  )
}

function network(body: (x: Value) => Value, shape: number[] = [1, 3, 16, 16]): Graph {
  const graph = new Graph()
  graph.output('y', body(graph.input('x', 'float32', shape)))
  return graph
}

function weight({ graph }: Value, ...shape: number[]): Value {
  const data = new Float32Array(elementCount(shape)).fill(0.5)
  return graph.initializer(`weight ${graph.initializers.size}`, 'float32', shape, data)
}

const isIn = (node: Node, block: number, op: string) => node.op === op && node.name.includes(`layers.${block}/`)
const differencesOf = (graph: Graph) => understand(graph).differences.map(({ what }) => what)

test('a ViT has no differences, and one sentence with its sizes', () => {
  const { kind, sentence, differences } = understand(vit())
  assert.deepEqual([kind, differences], ['vit', []])
  assert.equal(
    sentence,
    'A Vision Transformer for pictures of 32 × 32 pixels: patches of 8 × 8 pixels, 3 blocks of width 24 with 3 heads, 7 classes.',
  )
})

test('a block that differs from the others is named, with what it has and a node', () => {
  const relu = changed((node) => isIn(node, 1, 'Gelu'), ops.relu)
  const [difference, ...others] = understand(relu).differences
  assert.match(
    difference!.what,
    /^block 1 has the activation relu where others have the activation gelu \(node \S+layers\.1\/\S+\)$/,
  )
  assert.ok(relu.nodes.includes(difference!.node!))
  assert.deepEqual(others, [])

  const epsilon = changed(
    (node) => isIn(node, 2, 'LayerNormalization'),
    (x, node) => {
      const { graph } = x
      return graph.emit('LayerNormalization', [x, weight(x, 24), weight(x, 24)], {
        ...node.attributes,
        epsilon: float(0.001),
      })[0]!
    },
  )
  assert.match(differencesOf(epsilon).join(), /^block 2 has LayerNorm's epsilon at 0.001 where others have/)
})

test('what takes the place of a block is told, and counts as one', () => {
  const residual = /layers\.1\/Add_1$/
  const conv = rewrite(vit(), (node) => {
    if (!residual.test(node.name)) return undefined
    return {
      inputs: node.inputs as Value[],
      emit: ([x, y]) => {
        const sum = ops.add(x!, y!)
        const columns = ops.reshape(ops.transpose(sum, [0, 2, 1]), [0, 24, 17, 1])
        const mixed = ops.conv(columns, weight(sum, 24, 24, 1, 1), undefined, [1, 1])
        return [ops.add(sum, ops.transpose(ops.reshape(mixed, [0, 24, 17]), [0, 2, 1]))]
      },
    }
  })
  const { kind, config, differences } = understand(conv)
  assert.deepEqual([kind, config?.depth], ['vit', 4])
  assert.match(
    differences.map(({ what }) => what).join(),
    /^block 2 has a Conv \(node \S+\) where others have attention$/,
  )
})

test('what all blocks have otherwise is said once', () => {
  assert.deepEqual(differencesOf(changed(({ op }) => op === 'Gelu', ops.relu)), ['its MLPs have the activation relu'])
  const masked = changed(
    ({ op }) => op === 'Softmax',
    (x) => ops.softmax(ops.add(x, weight(x, 1, 1, 17, 17))),
  )
  assert.deepEqual(differencesOf(masked), ['its attention has a bias or a mask on the scores'])
  const none = new Float32Array(17 * 17)
  const zeros = (x: Value) => x.graph.initializer('zeros', 'float32', [1, 1, 17, 17], none)
  assert.deepEqual(
    differencesOf(
      changed(
        ({ op }) => op === 'Softmax',
        (x) => ops.softmax(ops.add(x, zeros(x))),
      ),
    ),
    [],
  )
})

test('a Softmax behind the head is a minor difference', () => {
  const graph = new Graph()
  graph.output('scores', ops.softmax(new ViT(small).forward(graph.input('pixels', 'float32', [1, 3, 32, 32]))))
  const { differences } = understand(graph)
  assert.deepEqual(
    differences.map(({ what, isMinor }) => [what, isMinor]),
    [['it gives probabilities: a Softmax follows the head', true]],
  )
})

test('other models are said to be what they are, or that they are not known', () => {
  const attention = (x: Value) => {
    const [q, k, v] = [0, 1, 2].map(() => ops.matMul(x, weight(x, 8, 8)))
    return ops.matMul(ops.softmax(ops.matMul(q!, ops.transpose(k!, [0, 2, 1]))), v!)
  }
  const text = new Graph()
  const embedded = ops.gather(
    text.initializer('words', 'float32', [99, 8], new Float32Array(792)),
    text.input('ids', 'int64', [1, 6]),
    0,
  )
  text.output('scores', ops.matMul(attention(embedded), weight(embedded, 8, 99)))
  const lstm = network(
    (x) => x.graph.emit('LSTM', [x, weight(x, 1, 16, 3), weight(x, 1, 16, 4)], { hidden_size: int(4) })[0]!,
    [5, 1, 3],
  )
  const cases: [Graph, string, RegExp][] = [
    [
      network((x) => ops.relu(ops.conv(x, weight(x, 4, 3, 3, 3), undefined, [1, 1]))),
      'cnn',
      /^A convolutional network: 1 convolution, /,
    ],
    [
      text,
      'transformer',
      /^A transformer over token ids, as of a text: 1 attention, and a score for each of 99 tokens/,
    ],
    [
      network((x) => attention(ops.reshape(x, [1, 96, 8]))),
      'transformer',
      /^A transformer over pictures, but no plain ViT: no block was recognised/,
    ],
    [
      network((x) =>
        attention(
          ops.reshape(
            ops.conv(ops.conv(x, weight(x, 8, 3, 3, 3), undefined, [1, 1]), weight(x, 8, 8, 2, 2), undefined, [2, 2]),
            [1, 49, 8],
          ),
        ),
      ),
      'hybrid',
      /^A hybrid of convolutions and attention: 2 convolutions and 1 attention/,
    ],
    [lstm, 'other', /^A recurrent network/],
    [
      network((x) => ops.matMul(ops.reshape(x, [1, 768]), weight(x, 768, 5))),
      'other',
      /^No model that Vitrine knows: 2 nodes with 1 linear product, in which no attention was found\.$/,
    ],
    [network((x) => ops.relu(x)), 'other', /^No model that Vitrine knows/],
  ]
  for (const [graph, expected, words] of cases) {
    const { kind, sentence, config, differences } = understand(graph)
    assert.deepEqual([kind, config, differences], [expected, undefined, []], sentence)
    assert.match(sentence, words)
  }
})

test('an empty graph is nothing that is known', () => {
  const graph = new Graph()
  graph.outputs.push(graph.input('x', 'float32', [1]))
  assert.equal(understand(graph).kind, 'other')
})
