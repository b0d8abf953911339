import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { oneLine, UserError } from '../errors.js'
import { type ByteSource, sourceOf } from './byte-source.js'
import { decodeGraph, opsetsOf } from './decode-graph.js'
import type { Graph } from './graph.js'
import { inlineFunctions } from './inline-functions.js'
import { readProto } from './read-proto.js'
import type { ExternalData } from './tensor-proto.js'

/** A model file, read. */
export interface OnnxModel {
  /** The file's content as it is; the numbers of large tensors were left where they lie. */
  proto: ModelProto
  /** What it computes, with inferred shapes. Values behind what Vitrine does not know have no type. */
  graph: Graph
  irVersion: number
  /** Who wrote the file, such as `pytorch 2.6.0`; empty where it does not say. */
  producer: string
  /** The version of each operator domain; `''` is the default one. */
  opsets: ReadonlyMap<string, number>
  metadata: ReadonlyMap<string, string>
  /** What was odd in the file, or is not known here. */
  notes: string[]
}

/**
 * Reads any `.onnx` file to look into it: opset 7 and newer, any size. The numbers of large tensors are read when they are
 * asked for, so the source has to stay open. `external` opens the files beside it that hold weights.
 * @throws Error in one sentence where the bytes are no ONNX model, or a broken one
 */
export function readModel(source: Uint8Array | ByteSource, external?: ExternalData): OnnxModel {
  try {
    return decode(source, external)
  } catch (error) {
    if (error instanceof Error) error.message = oneLine(error.message)
    throw error
  }
}

function decode(source: Uint8Array | ByteSource, external?: ExternalData): OnnxModel {
  const proto = parseModel(sourceOf(source))
  const notes: string[] = []
  const graph = decodeGraph(proto, inlineFunctions(proto.graph!, proto.functions), { external, notes })
  return {
    proto,
    graph,
    irVersion: Number(proto.irVersion),
    producer: `${proto.producerName} ${proto.producerVersion}`.trim(),
    opsets: opsetsOf(proto),
    metadata: graph.metadata,
    notes,
  }
}

/** More versions of operators than anybody writes. */
const mostVersions = 2n ** 31n

/** The message that the file holds. @throws where it is none */
export function parseModel(source: ByteSource): ModelProto {
  let proto: ModelProto
  try {
    proto = readProto(ModelProtoSchema, source)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new Error('it is not an ONNX model, or it is cut short')
  }
  if (!proto.graph || proto.opsetImport.length === 0) throw new Error('it is not an ONNX model: it has no graph')
  const odd = proto.opsetImport.find(({ version }) => version < 0n || version > mostVersions)
  if (odd) throw new Error(`it uses opset ${odd.version}, which there never will be`)
  return proto
}
