import { readFileSync } from 'node:fs'
import { encodeModel, Graph, ops, type Tensor, tensor } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import type { Session, Tensors } from '../runtime/session.js'
import { sessionState } from '../train/session-state.js'
import { compileTrainStep, type TrainStep, type TrainStepOptions } from '../train/train-step.js'
import { relativeError } from './finite-differences.js'

/** Ten steps of other libraries on a linear classifier, by tools/make-optimizer-fixture.py. */
export const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/optimizers.json', import.meta.url), 'utf8'))

export const [samples, features, classes] = [8, 18, 17]

/** Losses and gradient norms of each step, and the parameters after the last. */
export type Outcome = { losses: number[]; norms: number[] } & Record<'weight' | 'bias' | 'second', number[]>

/** x [batch, features] to logits [batch, classes], with a distillation head as well where `heads` is 2. */
export function linearClassifier(heads = 1): Graph {
  const graph = new Graph({ training: true })
  const x = graph.input('x', 'float32', ['batch', features])
  const matrix = (name: 'weight' | 'second') =>
    graph.initializer(name, 'float32', [classes, features], Float32Array.from(fixture[name]))
  const bias = graph.initializer('bias', 'float32', [classes], Float32Array.from(fixture.bias))
  const own = ops.gemm(x, matrix('weight'), bias, { transB: true })
  if (heads === 1) graph.output('logits', own)
  else {
    const distilled = ops.gemm(x, matrix('second'), undefined, { transB: true })
    graph.output('logits', ops.mul(ops.add(own, distilled), 0.5))
    graph.output('class_logits', own)
    graph.output('distillation_logits', distilled)
  }
  return graph
}

/** The training step in this thread, with its state. */
export function openStep({ graph, state }: Pick<TrainStep, 'graph' | 'state'>): Promise<Session> {
  return inlineRuntime.createSession(encodeModel(graph), {
    state: sessionState(state),
  })
}

export const scalar = (value: number): Tensor => tensor('float32', [value], [])

/** What the step of the given index is fed with, besides what mixing and a teacher need. */
export const feedsOf = (index: number): Tensors => ({
  x: tensor('float32', fixture.x, [samples, features]),
  labels: tensor('int64', fixture.labels),
  learning_rate: scalar(fixture.rates[index]),
  step: scalar(index + 1),
})

/** Takes ten steps, and returns the state after them and what came out on the way. */
export async function tenSteps(
  step: TrainStep,
  feeds: () => Tensors = () => ({}),
): Promise<{ results: Tensors[]; state: Tensors }> {
  const session = await openStep(step)
  const results: Tensors[] = []
  for (let i = 0; i < fixture.rates.length; i++) results.push(await session.run({ ...feedsOf(i), ...feeds() }))
  const state = await session.readState()
  await session.close()
  return { results, state }
}

/** Relative errors of ten steps: of each loss and gradient norm, and of the parameters after them, in the Euclidean norm. */
export async function classifierErrors(
  expected: Outcome,
  options: Omit<TrainStepOptions, 'batch'>,
  feeds?: () => Tensors,
): Promise<{ losses: number[]; norms: number[]; parameters: Map<string, number> }> {
  const source = linearClassifier('second' in expected ? 2 : 1)
  const { results, state } = await tenSteps(compileTrainStep(source, { ...options, batch: samples }), feeds)
  const error = (name: string, reference: number[]) =>
    results.map((result, i) => Math.abs(Number(result[name]!.data[0]) / reference[i]! - 1))
  const parameters = (['weight', 'bias', 'second'] as const).filter((name) => name in expected)
  return {
    losses: error('loss', expected.losses),
    norms: error('grad_norm', expected.norms),
    parameters: new Map(
      parameters.map((name) => [name, relativeError(state[name]!.data as Float32Array, expected[name])]),
    ),
  }
}
