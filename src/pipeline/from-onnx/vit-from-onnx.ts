import { UserError } from '../../errors.js'
import { type Difference, everyPart, type Understanding, understand } from '../../inspect/index.js'
import { rolesOf } from '../../inspect/understand/roles.js'
import { completeConfig, ViT, type ViTConfig } from '../../nn/index.js'
import { encodeInMemory, type Graph, NodeError, type Value } from '../../onnx/index.js'
import type { Runtime } from '../../runtime/session.js'
import { preparesPictures } from '../onnx-about.js'
import { batchOf, compareWith, type Encoder, type RunnableFile } from './compare.js'
import { readConstants } from './constants.js'
import { positionsOf } from './embedding-weights.js'
import { firstDifference } from './first-difference.js'
import { stateDictOf } from './state-dict.js'
import { isNarrowGraph } from './widen-graph.js'

/** A Vision Transformer rebuilt from an ONNX file. */
export interface RebuiltViT {
  vit: ViT
  /** The largest difference of its outputs from the file's on random pictures, relative to the largest output. */
  difference: number
  /** What the file does otherwise, in a few words each. */
  notes: readonly string[]
}

/** What rounding may change, relative to the largest output: also of constants, such as GELU's √2, to 16 bits. */
const tolerance = { float32: 1e-4, narrow: 2e-3 }

/**
 * The ViT that an `.onnx` file of any exporter computes, with the file's weights under timm's names. Both are run on random
 * pictures: their outputs have to be the same.
 * @param name the path of the file, for messages
 * @param encode writes the rebuilt model for the runtime
 * @throws UserError where the file is no such model, or is in part another, or computes something else
 */
export async function vitFromOnnx(
  name: string,
  file: RunnableFile,
  runtime: Runtime,
  encode: Encoder = encodeInMemory,
): Promise<RebuiltViT> {
  const understanding = understandFile(name, file.graph)
  const { differences, stages } = understanding
  const config = configFrom(name, file.graph, understanding)
  const roles = rolesOf(stages)
  const weights = [...everyPart(stages)].flatMap((part) => Object.values(part.weights))
  const vit = await explained(name, differences, async () => {
    const { inChannels, imageSize } = config
    const pixels = [batchOf(file.graph), inChannels, imageSize, imageSize]
    const numbers = await readConstants(file.graph, [...weights, ...positionsOf(roles)], runtime, pixels)
    const rebuilt = new ViT(config)
    rebuilt.loadStateDict(stateDictOf(roles, config, numbers))
    return rebuilt
  })
  const { difference } = await compareWith(file, vit, runtime, encode)
  const allowed = tolerance[isNarrowGraph(file.graph) ? 'narrow' : 'float32']
  if (!(difference <= allowed)) {
    const where = await firstDifference(file.graph, vit, runtime, encode, allowed)
    throw new UserError(
      `${name} cannot be rebuilt: on random pictures its outputs differ by ${format(difference)} of the largest from those of the Vision Transformer that it looks like, ${where}${because(differences)}`,
    )
  }
  return { vit, difference, notes: differences.map(({ what }) => what) }
}

/** @throws UserError where a node is not as its operator asks */
function understandFile(name: string, graph: Graph): Understanding {
  try {
    return understand(graph)
  } catch (error) {
    if (error instanceof NodeError) throw new UserError(`${name} cannot be used: ${error.message}`, { cause: error })
    throw error
  }
}

/** The complete options. @throws UserError where the graph is no ViT, or one that nn/ cannot express */
function configFrom(name: string, graph: Graph, { kind, sentence, config, differences }: Understanding): ViTConfig {
  const quantised = graph.nodes.find(
    ({ op }) => op === 'DequantizeLinear' || op === 'DynamicQuantizeLinear' || op === 'MatMulInteger',
  )
  const [pixels, ...others] = graph.inputs
  if (pixels?.isTyped && pixels.dtype === 'uint8') throw preparesPictures(name)
  if (others.length > 0 && !graph.nodes.some(({ inputs }) => inputs.some(isWeight)))
    throw new UserError(`${name} holds no weights but takes them as inputs: export the model with its weights`)
  if (quantised)
    throw new UserError(
      `${name} has quantised weights (${quantised.op}), which a model cannot be rebuilt from: give the file from before quantisation`,
    )
  if (kind !== 'vit' || !config)
    throw new UserError(`${name} is no Vision Transformer that can be rebuilt: ${lowerFirst(sentence)}`)
  if (others.length > 0)
    throw new UserError(
      `${name} takes ${others.map((input) => input.name).join(', ')} beside pixels, which a Vision Transformer does not: export it without`,
    )
  const foreign = differences.filter(({ isMinor }) => !isMinor)
  if (foreign.length > 0)
    throw new UserError(`${name} is not quite a Vision Transformer that Vitrine has${because(foreign)}`)
  try {
    return completeConfig(config)
  } catch (error) {
    throw new UserError(`${name} does not describe a model that can be built: ${(error as Error).message}`)
  }
}

/** A constant matrix of real numbers. */
const isWeight = (value: Value | undefined) =>
  value?.isConstant && value.isTyped && value.rank >= 2 && value.dtype.includes('float')

async function explained<T>(name: string, differences: readonly Difference[], build: () => Promise<T>): Promise<T> {
  try {
    return await build()
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${name} cannot be rebuilt: ${(error as Error).message}${because(differences)}`, {
      cause: error,
    })
  }
}

/** The first two differences, and how many more. */
function because(differences: readonly Difference[]): string {
  if (differences.length === 0) return ''
  const more = differences.length > 2 ? `, and ${differences.length - 2} more` : ''
  return `: ${differences
    .slice(0, 2)
    .map(({ what }) => what)
    .join('; ')}${more}`
}

const lowerFirst = (sentence: string) =>
  sentence.replace(/\.$/, '').replace(/^(A|An|No) /, (word) => word.toLowerCase())

const format = (difference: number) => (Number.isFinite(difference) ? difference.toPrecision(2) : 'an unknown share')
