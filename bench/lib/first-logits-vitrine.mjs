import { Classifier } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { sinePixels } from './pixels.mjs'

/** Prints the first logits of a model folder, as soon as it can. */
const classifier = await Classifier.load(nodeFiles, inlineRuntime, process.argv[2])
const { data } = await classifier.logits(sinePixels([1, 3, 224, 224]))
console.log(JSON.stringify([...data]))
