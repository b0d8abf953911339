import { type AttributeProto, AttributeProto_AttributeType as AttributeType, type GraphProto } from 'onnx-buf'
import type { Attribute, Subgraph } from './node.js'
import { type ExternalData, tensorOf } from './tensor-proto.js'

/** What a file's attributes may need around them. */
export interface AttributeContext {
  external?: ExternalData | undefined
  /** Without it, graphs and what Vitrine cannot work on are refused. */
  subgraph?: ((proto: GraphProto) => Subgraph) | undefined
}

/**
 * An attribute of a file.
 * @throws where it has no value, or is of a kind that Vitrine does not support and `subgraph` is not given
 */
export function decodeAttribute(
  proto: AttributeProto,
  nodeName: string,
  { external, subgraph }: AttributeContext,
): Attribute {
  const attribute = numbersOrText(proto, external)
  if (attribute) return attribute
  if (proto.type === AttributeType.TENSOR && !proto.t)
    throw new Error(`attribute ${proto.name} of node ${nodeName} has no value`)
  if (!subgraph)
    throw new Error(`attribute ${proto.name} of node ${nodeName} is of a kind that Vitrine does not support`)
  return proto.g ? { kind: 'graph', value: subgraph(proto.g) } : { kind: 'proto', value: proto }
}

function numbersOrText(proto: AttributeProto, external?: ExternalData): Attribute | undefined {
  switch (proto.type) {
    case AttributeType.INT:
      return isExact(proto.i) ? { kind: 'int', value: Number(proto.i) } : undefined
    case AttributeType.FLOAT:
      return { kind: 'float', value: proto.f }
    case AttributeType.STRING: {
      const value = text(proto.s)
      return value === undefined ? undefined : { kind: 'string', value }
    }
    case AttributeType.TENSOR:
      return proto.t && proto.t.dataType !== 8 ? { kind: 'tensor', value: tensorOf(proto.t, external) } : undefined
    case AttributeType.INTS:
      return proto.ints.every(isExact) ? { kind: 'ints', value: proto.ints.map(Number) } : undefined
    case AttributeType.FLOATS:
      return { kind: 'floats', value: proto.floats }
    case AttributeType.STRINGS: {
      const value = proto.strings.map(text)
      return value.every((item) => item !== undefined) ? { kind: 'strings', value } : undefined
    }
    default:
      return undefined
  }
}

/** Whether a number holds it; the largest one, "to the end" in a Slice, keeps its place. */
const isExact = (int: bigint) => BigInt(Number(int)) === int || int === 2n ** 63n - 1n

/** Bytes that are text; some operators keep other things in strings. */
function text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
