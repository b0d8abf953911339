import { availableParallelism } from 'node:os'
import type * as Ort from 'onnxruntime-node'
import { formatShape, isStatic } from '../../onnx/dim.js'
import { allocate, type DType, elementCount, type Tensor, type TypedArray } from '../../onnx/tensor.js'
import type { Session, SessionOptions, Tensors } from '../session.js'
import { isBarrier, runInto, withBarrier } from './uncopied-outputs.js'

/** One value that goes around: the runtime reads `current` and writes `next`, then they change places. */
interface StateSlot {
  output: string
  current: Ort.Tensor
  next: Ort.Tensor
}

// Loaded on first use: the native library takes a tenth of a second that `--help` should not pay.
let runtime: Promise<typeof Ort> | undefined
export const loadRuntime = () => (runtime ??= import('onnxruntime-node'))

/**
 * A model in this thread, run by onnxruntime's native CPU code. `run` blocks the event loop while it computes: right for
 * a worker thread and for one-shot commands.
 */
export async function createNodeSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const ort = await loadRuntime()
  const { externalFolder } = options
  // Threads that wait by spinning take the cores from those that prepare the next batch; a single run is faster so.
  const intra_op = { allow_spinning: options.state === undefined ? '1' : '0' }
  const keepsState = Object.keys(options.state ?? {}).length > 0
  const session = await ort.InferenceSession.create(keepsState ? withBarrier(model) : model, {
    intraOpNumThreads: options.threads ?? availableParallelism(),
    graphOptimizationLevel: 'all',
    // A memory plan is laid out after the first run, whose own memory is then never given back: for a training step that
    // doubles what it holds, for a few per cent of speed.
    enableMemPattern: options.state === undefined,
    extra: {
      session: { intra_op, ...(externalFolder && { model_external_initializers_file_folder_path: externalFolder }) },
    },
    logSeverityLevel: 3,
    externalData: Object.entries(options.externalData ?? {}).map(([path, data]) => ({ path, data })),
  })
  const slots = new Map<string, StateSlot>()
  // Two buffers each, as a rule: the runtime must never write an output over the input it is still reading.
  for (const [input, { output, initial, inPlace }] of Object.entries(options.state ?? {})) {
    if (!session.inputNames.includes(input)) throw new Error(`the model has no input ${input} to keep as state`)
    if (!session.outputNames.includes(output)) throw new Error(`the model has no output ${output} to keep as state`)
    const current = toOrt(ort, initial)
    slots.set(input, { output, current, next: inPlace ? current : toOrt(ort, emptyLike(initial)) })
  }
  const stateOutputs = new Set([...slots.values()].map((slot) => slot.output))
  const outputNames = session.outputNames.filter((name) => !isBarrier(name))
  const results = session.outputMetadata.filter(({ name }) => !isBarrier(name) && !stateOutputs.has(name))

  async function compute(feeds: Record<string, Ort.Tensor>): Promise<Record<string, Ort.Tensor>> {
    if (!keepsState) return session.run(feeds)
    const outputs: Record<string, Ort.Tensor> = Object.fromEntries(
      results.map((result) => [result.name, toOrt(ort, emptyResult(result))]),
    )
    for (const [input, { output, current, next }] of slots) {
      feeds[input] = current
      outputs[output] = next
    }
    await runInto(session, feeds, outputs)
    for (const slot of slots.values()) [slot.current, slot.next] = [slot.next, slot.current]
    return outputs
  }

  async function runOnce(tensors: Tensors): Promise<Tensors> {
    checkFeeds(tensors)
    const outputs = await compute(
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toOrt(ort, tensor)])),
    )
    return Object.fromEntries(results.map(({ name }) => [name, fromOrt(outputs[name]!)]))
  }

  let queue: Promise<unknown> = Promise.resolve()
  let closed = false
  return {
    inputNames: session.inputNames,
    outputNames,
    run(tensors) {
      if (closed) return Promise.reject(new Error('the session is closed'))
      const result = queue.then(() => runOnce(tensors))
      queue = result.catch(() => {})
      return result
    },
    async readState() {
      await queue
      return Object.fromEntries([...slots].map(([name, slot]) => [name, copyOf(fromOrt(slot.current))]))
    },
    async close() {
      if (closed) return
      closed = true
      await queue
      await session.release()
    },
  }
}

/** @throws where an array is not what its tensor says, as it is once another thread has taken it over */
export function checkFeeds(feeds: Tensors): void {
  for (const [name, { data, shape }] of Object.entries(feeds)) {
    if (data.length === elementCount(shape)) continue
    const hint = data.length === 0 ? ': sessions take over the arrays that they are given, so make new ones' : ''
    throw new Error(`the input ${name} has ${data.length} elements, but its shape is ${formatShape(shape)}${hint}`)
  }
}

const toOrt = (ort: typeof Ort, { dtype, data, shape }: Tensor) =>
  new ort.Tensor(dtype as 'float32', data as Float32Array, shape)

const fromOrt = (tensor: Ort.Tensor): Tensor => ({
  dtype: tensor.type as DType,
  shape: tensor.dims,
  data: tensor.data as TypedArray,
})

const emptyLike = ({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): Tensor => ({
  dtype,
  shape,
  data: allocate(dtype, elementCount(shape)),
})

/** Memory for an output. @throws where its size is only known at run time */
function emptyResult(metadata: Ort.InferenceSession.ValueMetadata): Tensor {
  const { name, isTensor } = metadata
  if (!isTensor || !isStatic(metadata.shape))
    throw new Error(`the size of the output ${name} is not fixed, which a session with state needs`)
  return emptyLike({ dtype: metadata.type as DType, shape: metadata.shape })
}

const copyOf = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.slice() })
