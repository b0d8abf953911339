/** The bytes of a file that is not read as a whole. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number
  /** Whether reading copies nothing. */
  readonly isInMemory?: boolean
  /** The bytes from `offset` on; both lie within `size`. The caller does not write to them. */
  read(offset: number, length: number): Uint8Array
}

/** A source over bytes in memory; reading it copies nothing. */
export const sourceOf = (bytes: Uint8Array | ByteSource): ByteSource =>
  bytes instanceof Uint8Array
    ? { size: bytes.length, isInMemory: true, read: (offset, length) => bytes.subarray(offset, offset + length) }
    : bytes

/** A few pages: what a look at the next tag and length costs at most. */
const windowLength = 2 ** 14

/** A source that answers small reads from one window of the file, so that stepping from field to field is cheap. */
export function windowed(source: ByteSource): ByteSource {
  let start = 0
  let window = new Uint8Array()
  return {
    size: source.size,
    read(offset, length) {
      if (length > windowLength) return source.read(offset, length)
      if (offset < start || offset + length > start + window.length) {
        start = offset
        window = source.read(offset, Math.min(windowLength, source.size - offset)) as Uint8Array<ArrayBuffer>
      }
      return window.subarray(offset - start, offset - start + length)
    },
  }
}
