export { type FileSource, openFile } from './file-source.js'
export { nodeFiles } from './files.js'
export { type DownloadOptions, type DownloadProgress, downloadModel } from './hub/download-model.js'
export { inlineRuntime, nodeRuntime } from './runtime.js'
