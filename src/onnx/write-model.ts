import { ModelProtoSchema } from 'onnx-buf'
import type { OnnxModel } from './read-model.js'
import { joinBytes } from './wire.js'
import { protoPieces } from './write-proto.js'

/**
 * A model that was read, as the bytes of its file again: what Vitrine does not know is kept, and fields are in the usual
 * order, so that the files of most writers come out byte for byte. Weights in files beside it stay there. What was changed
 * in `model.graph` is not written; `encodeModel` does that.
 */
export const writeModel = (model: OnnxModel): Uint8Array => joinBytes([...writeModelPieces(model)])

/** The same in pieces, for models larger than memory: weights are read as their pieces are asked for. */
export const writeModelPieces = (model: OnnxModel): Iterable<Uint8Array> => ({
  [Symbol.iterator]: () => protoPieces(ModelProtoSchema, model.proto)[Symbol.iterator](),
})
