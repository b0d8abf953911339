import {
  DropPath,
  Encoder,
  EncoderLayer,
  Gelu,
  type Module,
  PatchEmbedding,
  PatchProjection,
  PreLogits,
  Relu,
  type ViT,
} from '../nn/index.js'
import { multiplyDims, Node, type Shape } from '../onnx/index.js'
import { integer } from './format-summary.js'
import { formatList, layOutTable, nameOf, type Row } from './table-layout.js'
import { type Call, countValues, ownParameters, trace } from './trace.js'

/** The layers that PyTorch, or the PyTorch ViT of the ONNX notes, call otherwise than we do. */
const classNames = new Map<unknown, string>([
  [PatchProjection, 'Conv2d'],
  [EncoderLayer, 'Block'],
  [Gelu, 'GELU'],
  [Relu, 'ReLU'],
])

/**
 * The layer table that `torchsummary.summary(model, (3, 224, 224))` prints for the PyTorch ViT of the ONNX notes, built
 * with the options of `model`. No weight is drawn for it.
 */
export function torchTable(model: ViT): string {
  const { input, steps } = trace(model)
  const rows = steps.flatMap((step) => (step instanceof Node ? [] : rowsOf(step, model)))
  return layOutTable(
    {
      header: line('Layer (type)', 'Output Shape', 'Param #'),
      lines: rows.map(({ className, output, parameters }, i) =>
        line(`${className}-${i + 1}`, formatList(output, -1), integer(parameters)),
      ),
      width: 64,
    },
    rows,
    input.shape,
  )
}

/** Python's `{:>20}  {:>25} {:>15}`. */
const line = (name: string, output: string, parameters: string) =>
  `${name.padStart(20)}  ${output.padStart(25)} ${parameters.padStart(15)}`

function rowsOf({ layer, output }: Call, model: ViT): Row[] {
  const className = nameOf(layer, classNames)
  const row = { className, output: output.shape, parameters: countValues(weightAndBias(layer)) }
  if (layer instanceof PatchProjection) {
    // The embedding proper ends with the flat patches, behind a place for a norm. The rest of ours is the root's there.
    const [batch, dim, height, width] = output.shape
    const patches = [batch!, multiplyDims([height!, width!]), dim!]
    return [row, identity(patches), { className: 'PatchEmbed', output: patches, parameters: 0 }]
  }
  // The layers are a Sequential and the norm is the root's, so nothing is left of the encoder itself. Behind it comes
  // the representation layer for the class token: a Sequential too, or an Identity.
  if (layer instanceof Encoder) return model.preLogits ? [] : [identity([output.shape[0]!, output.shape.at(-1)!])]
  if (layer instanceof PatchEmbedding || layer instanceof PreLogits) return []
  if (layer instanceof DropPath && layer.rate === 0) return [identity(output.shape)]
  return [row]
}

const identity = (output: Shape): Row => ({ className: 'Identity', output, parameters: 0 })

/** All that torchsummary looks for: it does not count parameters of other names, such as the class token. */
const weightAndBias = (layer: Module) =>
  ownParameters(layer).flatMap(([name, parameter]) => (name === 'weight' || name === 'bias' ? [parameter] : []))
