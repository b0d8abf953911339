import { UserError } from '../errors.js'
import { evaluationPixels, type PreprocessorConfig, toPreprocessorJson } from '../image/index.js'
import type { ViT, ViTConfig } from '../nn/index.js'
import { Graph } from '../onnx/index.js'
import type { LoadReport } from './load-report.js'

/** A Vision Transformer with all that its use needs: the names of its classes and how pictures are prepared for it. */
export interface Model {
  vit: ViT
  labels: readonly string[]
  preprocessor: PreprocessorConfig
  /** Whether the weights were learned, rather than drawn. */
  pretrained: boolean
  /** What became of the tensors of the checkpoint that it was loaded from. */
  report?: LoadReport
}

/** Whether a model's channels are those of pictures: red, green and blue, or grey. */
export const takesPictures = ({ inChannels }: Pick<ViTConfig, 'inChannels'>): boolean =>
  inChannels === 1 || inChannels === 3

/** @throws UserError, naming the model, where its channels are not those of pictures */
export function requirePictures({ vit }: Model, name: string): void {
  const { inChannels } = vit.config
  if (!takesPictures(vit.config))
    throw new UserError(
      `${name} takes ${inChannels} channels, but pictures have 3, or 1 in grey: choose another model, or feed it pixels by the library`,
    )
}

/** The file of a model folder that says how pictures are prepared. */
export const preprocessorFile = 'preprocessor_config.json'

/** Names for classes that have none. */
export const numberedLabels = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`)

/** Where in an .onnx file's metadata the labels and the preprocessing are kept. */
export const metadataKeys = { labels: 'vitrine.labels', preprocessor: 'vitrine.preprocessor_config' }

/** The model as an ONNX graph that carries its labels and preprocessing along. */
export function inferenceGraph(
  { vit, labels, preprocessor }: Model,
  options: { opset?: number; batch?: number | string } = {},
): Graph {
  const graph = vit.build(new Graph({ opset: options.opset }), options.batch)
  graph.metadata.set(metadataKeys.labels, JSON.stringify(labels))
  graph.metadata.set(metadataKeys.preprocessor, JSON.stringify(toPreprocessorJson(preprocessor)))
  return graph
}

/**
 * The model with its evaluation preprocessing in front: input `image` uint8 [height, width, 3], output `logits`
 * [1, classes]. Needs opset 12.
 */
export function pictureGraph({ vit, labels, preprocessor }: Model, opset?: number): Graph {
  const graph = new Graph({ opset })
  const image = graph.input('image', 'uint8', ['height', 'width', 3])
  graph.output('logits', vit.forward(evaluationPixels(image, preprocessor)))
  graph.metadata.set(metadataKeys.labels, JSON.stringify(labels))
  return graph
}
