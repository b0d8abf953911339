export { nodeFiles } from './files.js'
export { inlineRuntime, nodeRuntime } from './runtime.js'
