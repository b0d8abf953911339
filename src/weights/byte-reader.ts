const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The longest line of the text opcodes of a pickle: numbers, names and short strings. */
const maxLine = 2 ** 16

/** Reads little-endian numbers and pieces of bytes, one after another. */
export class ByteReader {
  private readonly view: DataView

  /** `ended` makes the error for a read past the end. */
  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
    private readonly ended: () => Error,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.length - this.position
  }

  /** The next bytes, as a view. */
  take(count: number): Uint8Array {
    return this.bytes.subarray(this.skip(count), this.position)
  }

  u8(): number {
    return this.view.getUint8(this.skip(1))
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true)
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true)
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true)
  }

  /** Beyond 2⁵³ it is rounded, which is enough to see that it is too large. */
  u64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true))
  }

  /** A double, big-endian as pickles have it. */
  f64(): number {
    return this.view.getFloat64(this.skip(8), false)
  }

  utf8(count: number): string {
    return utf8.decode(this.take(count))
  }

  latin1(count: number): string {
    // Not TextDecoder: what it calls latin1 is windows-1252.
    let text = ''
    for (const byte of this.take(count)) text += String.fromCharCode(byte)
    return text
  }

  /** The text up to the next line feed, which is left out; bytes above 127 are read as Latin-1. */
  line(): string {
    const end = this.bytes.subarray(this.position, this.position + maxLine).indexOf(10)
    if (end < 0) throw this.ended()
    const text = this.latin1(end)
    this.position++
    return text
  }

  /** Moves on and returns where it was. */
  private skip(count: number): number {
    if (!(count <= this.left)) throw this.ended()
    const start = this.position
    this.position += count
    return start
  }
}
