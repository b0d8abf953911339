import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type GraphProto, type ModelProto, ModelProtoSchema } from 'onnx-buf'
import type { Random } from '../../random.js'

/** A model file with a fault. */
export interface BrokenModel {
  bytes: Uint8Array
  /** Puts what else the fault needs into the model's folder, such as a link to a device. */
  beside?: (folder: string) => void
}

/** A way to break a sound model, by its name. */
export type Breakages = Record<string, (bytes: Uint8Array, random: Random) => BrokenModel>

/** A way to break the message that a file holds, as a way to break the file. */
export const inMessage =
  (change: (model: ModelProto, graph: GraphProto, random: Random) => void) =>
  (bytes: Uint8Array, random: Random): BrokenModel => {
    const model = fromBinary(ModelProtoSchema, bytes)
    change(model, model.graph!, random)
    return { bytes: toBinary(ModelProtoSchema, model) }
  }

/** One of the items; undefined where there is none. */
export const pick = <T>(items: readonly T[], random: Random): T | undefined =>
  items.length > 0 ? items[random.integer(items.length)] : undefined

/** Whole numbers that nobody means, but a field can hold. */
export const absurd = [
  -1n,
  0n,
  -2n,
  100n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 53n + 1n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]
