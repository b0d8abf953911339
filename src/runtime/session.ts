import type { Tensor } from '../onnx/tensor.js'

/** Tensors by the name of the graph input or output they belong to. */
export type Tensors = Record<string, Tensor>

/**
 * A loaded ONNX model that can be run. One run at a time; a second call waits for the first.
 */
export interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /**
   * Runs the model once. Inputs that `SessionOptions.state` covers are left out of `feeds`, and outputs that it covers
   * out of the result. The arrays of the result belong to the caller, those of `feeds` may be taken over by the session.
   */
  run(feeds: Tensors): Promise<Tensors>
  /** A copy of the state, by the names of its inputs. Empty where the session keeps none. */
  readState(): Promise<Tensors>
  /** Waits for runs still going on, then frees the model's memory; the session cannot be used afterwards. */
  close(): Promise<void>
}

/** How a session is set up. */
export interface SessionOptions {
  /** Threads for one operator; the default is the number of physical cores. */
  threads?: number
  /** The files that hold weights outside the model, by the location that the model gives for them. */
  externalData?: Record<string, Uint8Array>
  /** The folder of such files that are not in `externalData`: the runtime maps them into memory. */
  externalFolder?: string
  /**
   * Values that go around: after a run the output named by `state[input].output` becomes the next run's input.
   * They never leave the session, save by `readState`. A training step keeps its parameters so. Where `inPlace` says that
   * the model has read a value for the last time when it writes the next one, both share a buffer.
   */
  state?: Record<string, { output: string; initial: Tensor; inPlace?: boolean }>
}

/** Where models run: native code under Node, WebAssembly or WebGPU in a browser. */
export interface Runtime {
  /** Begins to load the runtime's own code, which takes a while: worth it before weights are read. */
  preload?(): void
  /** @throws where the bytes are no ONNX model that this runtime can load */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>
}
