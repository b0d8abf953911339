// Loads a run folder with transformers.js and prints what it makes of pixels and of a photo, as JSON.
//   transformers-js.mjs PACKAGE FOLDER PIXELS SHAPE PHOTO
// PACKAGE is the folder of @huggingface/transformers, PIXELS a file of float32 values of the SHAPE, such as 2,3,32,32.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

const [root, folder, pixelFile, shape, photo] = process.argv.slice(2)
const entry = createRequire(`${root}/`).resolve('@huggingface/transformers')
const { AutoModel, AutoProcessor, Tensor, env, load_image, pipeline } = await import(pathToFileURL(entry))
env.allowRemoteModels = false
env.localModelPath = dirname(folder)

const name = basename(folder)
const model = await AutoModel.from_pretrained(name, { dtype: 'fp32' })
const data = new Float32Array(new Uint8Array(readFileSync(pixelFile)).buffer)
const { logits } = await model({ pixel_values: new Tensor('float32', data, shape.split(',').map(Number)) })

const processor = await AutoProcessor.from_pretrained(name)
const { pixel_values: prepared } = await processor(await load_image(photo))
const classify = await pipeline('image-classification', name, { dtype: 'fp32' })
const [{ label, score }] = await classify(photo, { top_k: 1 })

console.log(JSON.stringify({ output: [...logits.data], prepared: [...prepared.data], label, score }))
