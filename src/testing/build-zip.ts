import { deflateRawSync } from 'node:zlib'

/** An entry of an archive, and what its headers should say against the truth. */
export interface ZipEntry {
  name: string
  data: Uint8Array
  deflate?: boolean
  /** Bytes to skip before the data, as an extra field; puts them where alignment wants them. */
  padding?: number
  /** What both headers say. */
  lies?: Partial<ZipHeader>
  /** What only the directory says. */
  directoryLies?: Partial<ZipHeader>
}

interface ZipHeader {
  flags: number
  method: number
  crc: number
  compressedSize: number
  size: number
  offset: number
}

/** A ZIP archive by hand, which may be as wrong as a test wants it. */
export function buildZip(entries: ZipEntry[]): Uint8Array {
  const local: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let position = 0
  for (const entry of entries) {
    const { name, data, deflate = false, padding = 0 } = entry
    const content = deflate ? new Uint8Array(deflateRawSync(data)) : data
    const header: ZipHeader = {
      flags: 0,
      method: deflate ? 8 : 0,
      crc: crc32(data),
      compressedSize: content.length,
      size: data.length,
      offset: position,
      ...entry.lies,
    }
    const start = join([numbers([0x04034b50, 4]), common(header, name, padding), ascii(name), extraField(padding)])
    const listed = { ...header, ...entry.directoryLies }
    const place = numbers([0, 2], [0, 2], [0, 2], [0, 4], [listed.offset, 4])
    directory.push(numbers([0x02014b50, 4], [20, 2]), common(listed, name, 0), place, ascii(name))
    local.push(start, content)
    position += start.length + content.length
  }
  const listing = join(directory)
  const end = numbers(
    [0x06054b50, 4],
    [0, 4],
    [entries.length, 2],
    [entries.length, 2],
    [listing.length, 4],
    [position, 4],
  )
  return join([...local, listing, end, numbers([0, 2])])
}

/** The fields that the header before the data and that of the directory share. */
function common(header: ZipHeader, name: string, padding: number): Uint8Array {
  const { flags, method, crc, compressedSize, size } = header
  const fields = numbers([20, 2], [flags, 2], [method, 2], [0, 4], [crc, 4], [compressedSize, 4], [size, 4])
  return join([fields, numbers([ascii(name).length, 2], [padding && padding + 4, 2])])
}

function extraField(padding: number): Uint8Array {
  return padding ? join([numbers([0x4246, 2], [padding, 2]), new Uint8Array(padding)]) : new Uint8Array(0)
}

function numbers(...fields: [value: number, bytes: number][]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, i) => value / 2 ** (8 * i))),
  )
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function join(pieces: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return crc
})

/** The checksum of ZIP archives. */
export function crc32(data: Uint8Array): number {
  let crc = -1
  for (const byte of data) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 255]!
  return ~crc >>> 0
}
