/** What needs Node: its file system, its threads, and onnxruntime's native code. */

export { type WorkerOptions, workerLoader } from './data/node/index.js'
export * from './runtime/node/index.js'
