import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ViT } from '../../nn/index.js'
import { encodeModel, Graph } from '../../onnx/index.js'
import { Random } from '../../random.js'
import type { Breakages, BrokenModel } from './broken-model.js'
import { brokenBytes } from './bytes.js'
import { exhausting } from './made.js'
import { brokenStructure } from './structure.js'
import { brokenValues } from './values.js'
import { brokenWeights } from './weights.js'

const breakages: Breakages = { ...brokenBytes, ...brokenStructure, ...brokenValues, ...brokenWeights }
const ways = [...Object.keys(exhausting), ...Object.keys(breakages)]

/** How many broken models there are until each fault has been there once. */
export const faultCount = ways.length

/**
 * Writes the broken model of a number into a folder, with what else it needs, and says what is wrong with it. The same
 * number and seed give the same model; numbers that follow each other go through all faults.
 */
export function writeBroken(seed: number, index: number, folder: string): { fault: string; path: string } {
  const way = ways[index % ways.length]!
  const random = new Random(seed, 'broken model', index)
  const { fault, model } = breakages[way]
    ? breakSound(way, breakages[way], random)
    : { fault: way, model: exhausting[way]!() }
  const path = join(folder, 'model.onnx')
  writeFileSync(path, model.bytes)
  model.beside?.(folder)
  return { fault, path }
}

/** Breaks one of the sound models, one that has what the fault needs. */
function breakSound(way: string, change: Breakages[string], random: Random): { fault: string; model: BrokenModel } {
  for (;;) {
    const [name, bytes] = random.pick(random.pick(soundModels))
    const model = change(bytes, random)
    if (Buffer.compare(model.bytes, bytes) !== 0) return { fault: `${way}, in ${name}`, model }
  }
}

/** Small models of many kinds to break, our own and those of the fixtures. */
const soundModels = [[11, 17, 20].map(tinyViT), ['onnx', 'odd-onnx'].flatMap(fixtures)].filter(
  ({ length }) => length > 0,
)

function tinyViT(opset: number): readonly [string, Uint8Array] {
  const options = { imageSize: 4, patchSize: 2, embedDim: 4, depth: 1, numHeads: 2, numClasses: 2 }
  return [`a ViT of opset ${opset}`, encodeModel(new ViT(options).build(new Graph({ opset })))]
}

function fixtures(name: string): (readonly [string, Uint8Array])[] {
  const folder = fileURLToPath(new URL(`../../../test/fixtures/${name}/`, import.meta.url))
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /(?<!^no-nodes)\.onnx$/.test(file)) : []
  return files.sort().map((file) => [file, new Uint8Array(readFileSync(folder + file))])
}
