import { WireType } from '@bufbuild/protobuf/wire'
import type { Random } from '../../random.js'
import { type Breakages, pick } from './broken-model.js'
import { type FieldPlace, placesOf, splice, varint } from './fields.js'

/** Faults of the bytes themselves: files cut short, overwritten, or made by hand to mislead a parser. */
export const brokenBytes: Breakages = {
  'cut anywhere': (bytes, random) => ({ bytes: bytes.subarray(0, random.integer(bytes.length)) }),
  'cut between two fields': (bytes, random) => ({ bytes: bytes.subarray(0, pick(placesOf(bytes), random)!.start) }),
  'bytes behind the end': (bytes, random) => ({ bytes: splice(bytes, bytes.length, bytes.length, noise(random)) }),
  'other bytes in the structure': (bytes, random) => {
    const changed = bytes.slice()
    const places = structureOf(bytes)
    for (let i = random.integer(8); i >= 0; i--) changed[places[random.integer(places.length)]!] = random.integer(256)
    return { bytes: changed }
  },
  'a flipped bit in the structure': (bytes, random) => {
    const changed = bytes.slice()
    const places = structureOf(bytes)
    changed[places[random.integer(places.length)]!]! ^= 1 << random.integer(8)
    return { bytes: changed }
  },
  'a wrong wire type': (bytes, random) => {
    const changed = bytes.slice()
    const { start } = pick(placesOf(bytes), random)!
    changed[start] = (changed[start]! & ~7) | random.integer(8)
    return { bytes: changed }
  },
  'the number of another field': (bytes, random) => {
    const changed = bytes.slice()
    const { start, wireType } = pick(placesOf(bytes), random)!
    changed[start] = (random.integer(16) << 3) | wireType
    return { bytes: changed }
  },
  'a length of 1 GB': (bytes, random) => withLength(bytes, random, 2n ** 30n),
  'a length of 4 GB': (bytes, random) => withLength(bytes, random, 2n ** 32n - 1n),
  'a negative length': (bytes, random) => withLength(bytes, random, -1n),
  'a length one too large': (bytes, random) => {
    const { value, content, end } = pick(delimited(bytes), random)!
    return { bytes: splice(bytes, value, content, varint(BigInt(end - content + 1))) }
  },
  'a number without end': (bytes, random) => {
    const { value, content } = pick(placesOf(bytes), random)!
    return { bytes: splice(bytes, value, content, new Uint8Array(11).fill(255)) }
  },
  'a field twice': (bytes, random) => {
    const { start, end } = pick(placesOf(bytes), random)!
    return { bytes: splice(bytes, end, end, bytes.slice(start, end)) }
  },
  'a field taken out': (bytes, random) => {
    const { start, end } = pick(placesOf(bytes), random)!
    return { bytes: splice(bytes, start, end, new Uint8Array()) }
  },
  'a name that is no UTF-8': (bytes, random) => {
    const changed = bytes.slice()
    const names = placesOf(bytes).filter(({ field, content, end }) => field.scalar === 9 && end > content)
    const { content, end } = pick(names, random)!
    changed[content + random.integer(end - content)] = 0xff
    return { bytes: changed }
  },
  noise: (_, random) => ({ bytes: noise(random) }),
}

const noise = (random: Random) => Uint8Array.from({ length: random.integer(200) }, () => random.integer(256))

const delimited = (bytes: Uint8Array): FieldPlace[] =>
  placesOf(bytes).filter(({ wireType }) => wireType === WireType.LengthDelimited)

/** The bytes that are no weights: a weight that is another number is no fault of the file. */
function structureOf(bytes: Uint8Array): number[] {
  const isWeight = new Uint8Array(bytes.length)
  for (const { field, content, end } of placesOf(bytes))
    if (field.localName === 'rawData' || field.localName === 'floatData') isWeight.fill(1, content, end)
  return Array.from(bytes.keys()).filter((position) => !isWeight[position])
}

function withLength(bytes: Uint8Array, random: Random, length: bigint) {
  const { value, content } = pick(delimited(bytes), random)!
  return { bytes: splice(bytes, value, content, varint(length)) }
}
