import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * A process of its own: reads and understands a model, and prints how long that took with loading what it needs, what it
 * took at most, and how many bytes it read of files beside the model. `node read-large-model.mjs model.onnx`
 */
const started = performance.now()
const { readModel, understand } = await import('../../dist/inspect/index.js')
const { openFile } = await import('../../dist/runtime/node/index.js')
const [path] = process.argv.slice(2)
let bytesBeside = 0
const model = readModel(openFile(path), (location) => {
  const file = openFile(join(dirname(path), location))
  return {
    size: file.size,
    read(offset, length) {
      bytesBeside += length
      return file.read(offset, length)
    },
  }
})
const { sentence, counts } = understand(model.graph)
const seconds = (performance.now() - started) / 1000
const peakBytes = 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
const layers = counts.encoderLayer
console.log(JSON.stringify({ seconds, peakBytes, bytesBeside, sentence, layers, size: statSync(path).size }))
