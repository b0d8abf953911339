import { UserError } from '../errors.js'

/** Is `value` a list of sizes: integers of at least 0, small enough to be exact? */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

/** Is `value` a shape that a library could have made? None has more axes than numpy and PyTorch allow. */
export function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && isSizes(value)
}

/** A value of a file for an error message: on one line, and no longer than is useful. */
export function quote(value: unknown): string {
  return shorten(JSON.stringify(value) ?? 'undefined')
}

/** A name of a file for an error message, as `quote` but without quotation marks. */
export function plain(name: string): string {
  return shorten(name.slice(0, 200).replace(/[^\x20-\x7e]/g, '?'))
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

/**
 * What reading one file may cost. A small file can ask for much: a ZIP entry that inflates a thousandfold, one list that
 * is copied a million times. Whatever is not bounded by the bytes of the file itself is paid from here, beforehand.
 */
export class Budget {
  private bytesLeft: number
  private stepsLeft = 1_000_000

  /** For a file of `fileBytes` bytes. */
  constructor(
    readonly fileName: string,
    fileBytes: number,
  ) {
    this.bytesLeft = 8 * fileBytes + 2 ** 28
  }

  /** Pays for memory. @throws UserError where the file would take far more than its own size */
  takeBytes(count: number): void {
    this.bytesLeft -= count
    // Not `< 0`, which is false of NaN.
    if (!(this.bytesLeft >= 0)) throw this.exceeded('unpacks to far more bytes than it has')
  }

  /** Pays for work that makes small objects. @throws UserError where the file asks for millions of them */
  takeSteps(count: number): void {
    this.stepsLeft -= count
    if (!(this.stepsLeft >= 0)) throw this.exceeded('consists of millions of small objects')
  }

  private exceeded(problem: string): UserError {
    return new UserError(`${this.fileName} ${problem}, which no weights do: choose another file`)
  }
}
