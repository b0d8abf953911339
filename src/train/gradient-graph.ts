import { checkpointedGradients, type Gate, gateAfter, gradients } from '../autodiff/index.js'
import { copyNodes, dropUnneeded, neededNodes } from '../onnx/bind.js'
import { bindDim, formatShape } from '../onnx/dim.js'
import { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { add, argMax, cast, equal, mul, reduceSum, slice, sum } from '../onnx/ops/index.js'
import type { TypedArray } from '../onnx/tensor.js'
import { firstTokensOnly } from '../pipeline/index.js'
import { type Distillation, distillationLoss, type Loss } from './losses/index.js'
import { mixInputs, mixPixels, mixTargets } from './mixing.js'

/** How a training step comes to its gradients. */
export interface GradientOptions {
  loss: Loss
  /** Samples that go through the model together: fixed, so that the runtime can plan its memory. */
  batch: number
  /**
   * How many such batches make one step, one after the other, each in the memory of one: inputs with `batch` samples
   * then have `accumulate` times as many. The loss is the mean of theirs.
   */
  accumulate?: number
  /** Which initializers learn; all float32 ones by default. */
  trainable?: (name: string, shape: readonly number[]) => boolean
  /**
   * Keeps of each encoder layer no more than what enters attention and MLP, and computes the rest again when the
   * gradients get there (activation checkpointing): the same gradients in less memory and more time. It saves nothing in
   * graphs without residual connections.
   */
  checkpointing?: boolean
  /** Takes the inputs of `drawMix` and mixes samples and targets; `correct` then counts the samples' own labels. */
  mixing?: boolean
  /**
   * Takes the input `teacher_logits`, float32 [batch, classes], and learns from it as well: with the distillation head
   * where the model has one, else with its logits.
   */
  teacher?: Distillation
}

/** A parameter that learns, its gradient, and the values that it starts with. */
export interface Learned {
  parameter: Value
  gradient: Value
  data: TypedArray
}

/** A graph that ends in gradients; `loss` and `correct`, the number of right answers, are scalars. */
export interface GradientGraph {
  graph: Graph
  learned: readonly Learned[]
  loss: Value
  correct: Value
}

/**
 * A graph with forward pass, loss and gradients of the parameters that learn, which become inputs of their own name.
 * Its other inputs are those of `model`, `labels` int64 [batch], and what mixing and a teacher need.
 * @throws where the first output of `model` is not logits [batch, classes], or an operator has no gradient rule
 */
export function gradientGraph(model: Graph, options: GradientOptions): GradientGraph {
  // Of the last layer the loss sees one token: what the others become in it needs no gradients, and no values either.
  const source = firstTokensOnly(model)
  const { batch, accumulate = 1 } = options
  const graph = new Graph({ opset: source.opset, name: source.name, training: source.training })
  for (const [key, value] of source.metadata) graph.metadata.set(key, value)
  const classes = classCount(source, batch)
  const inputs = copyInputs(source, graph, options)
  const { initializers, parameters } = copyInitializers(source, graph, options)
  const labels = graph.input('labels', 'int64', [batch * accumulate])
  const teacher = options.teacher && graph.input('teacher_logits', 'float32', [batch * accumulate, classes])
  let targets = labels
  if (options.mixing) {
    const [first, pixels] = [...inputs][0]!
    const mix = mixInputs(graph, pixels)
    graph.scope('mix', () => {
      inputs.set(first, mixPixels(pixels, mix))
      targets = mixTargets(labels, classes, mix)
    })
  }

  let found: (Value | undefined)[] = []
  const losses: Value[] = []
  const rights: Value[] = []
  for (let i = 0; i < accumulate; i++) {
    const part = (value: Value) => (accumulate === 1 ? value : partOf(value, i, batch))
    // The gradients of the batch before are known first, and the memory of its activations is free.
    const gate = i === 0 ? undefined : gateAfter(found.flatMap((gradient) => gradient ?? []))
    const start = graph.nodes.length
    const mapping = new Map(initializers)
    for (const [from, to] of inputs) mapping.set(from, inputOf(to, i, part, gate, from === source.inputs[0]))
    const { logits, own, student } = forward(source, graph, mapping, i)
    const model = graph.nodes.slice(start)
    const loss = graph.scope('loss', () => {
      if (!teacher) return options.loss(logits, part(targets))
      return distillationLoss(options.loss(own, part(targets)), student, part(teacher), options.teacher!)
    })
    losses.push(accumulate === 1 ? loss : mul(loss, 1 / accumulate))
    const wanted = [...parameters.keys()]
    const more = options.checkpointing
      ? checkpointedGradients(losses[i]!, wanted, model)
      : gradients(losses[i]!, wanted)
    found = i === 0 ? more : found.map((sum, j) => sum && add(sum, more[j]!))
    rights.push(rightAnswers(logits, part(labels)))
  }
  // Of what checkpointing emits once more, no gradient needs the end of each part.
  dropUnneeded(graph, [...found.flatMap((gradient) => gradient ?? []), ...losses, ...rights])
  const learned = [...parameters].flatMap(([parameter, data], i) =>
    found[i] ? [{ parameter, gradient: found[i], data }] : [],
  )
  return { graph, learned, loss: sum(losses), correct: sum(rights) }
}

function classCount(source: Graph, batch: number): number {
  const shape = source.outputs[0]?.shape.map((dim) => bindDim(dim, { batch }))
  if (shape?.length !== 2 || typeof shape[1] !== 'number')
    throw new Error(`training needs logits [batch, classes], and the output is ${shape && formatShape(shape)}`)
  return shape[1]
}

/** The inputs of the source, with the samples of all batches. */
function copyInputs(source: Graph, graph: Graph, { batch, accumulate = 1 }: GradientOptions): Map<Value, Value> {
  return new Map(
    source.inputs.map((input) => {
      const shape = input.shape.map((dim) => bindDim(dim, { batch }))
      const whole = shape[0] === batch ? shape.with(0, batch * accumulate) : shape
      return [input, graph.input(input.name, input.dtype, whole)]
    }),
  )
}

/** The initializers that the source needs; those that learn become inputs, and are listed with their values. */
function copyInitializers(source: Graph, graph: Graph, { trainable = () => true }: GradientOptions) {
  const initializers = new Map<Value, Value>()
  const parameters = new Map<Value, TypedArray>()
  const needed = new Set(neededNodes(source, source.outputs).flatMap(({ inputs }) => inputs))
  for (const from of source.initializers.values()) {
    const { name, dtype, data } = from
    const shape = from.shape as readonly number[]
    if (!needed.has(from)) continue
    const learns = dtype === 'float32' && shape.length > 0 && trainable(name, shape)
    const to = learns ? graph.input(name, dtype, shape) : graph.initializer(name, dtype, shape, data!)
    initializers.set(from, to)
    if (learns) parameters.set(to, data!)
  }
  return { initializers, parameters }
}

const partOf = (value: Value, index: number, batch: number) => slice(value, [index * batch], [(index + 1) * batch], [0])

/** What stands for an input of the source in one batch. */
function inputOf(
  input: Value,
  index: number,
  part: (value: Value) => Value,
  gate: Gate | undefined,
  isFirst: boolean,
): Value {
  // Every batch needs random numbers of its own.
  if (input.name === 'seed') return index === 0 ? input : add(input, index)
  if (input.rank === 0) return input
  const own = part(input)
  return gate && isFirst ? gate(own) : own
}

/** Emits the model. `own` and `student` are the heads' logits where the source tells them apart. */
function forward(source: Graph, graph: Graph, mapping: Map<Value, Value>, index: number) {
  const prefix = index === 0 ? '' : `/batch${index}`
  const copies = copyNodes(source, source.outputs, graph, { mapping, prefix })
  const head = (name: string) => copies[source.outputs.findIndex((output) => output.name === name)] ?? copies[0]!
  return { logits: copies[0]!, own: head('class_logits'), student: head('distillation_logits') }
}

function rightAnswers(logits: Value, labels: Value): Value {
  return logits.graph.scope('correct', () => reduceSum(cast(equal(argMax(logits, 1), labels), 'float32'), [0], false))
}
