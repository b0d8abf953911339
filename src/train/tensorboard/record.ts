import { crc32c } from './crc32c.js'

/**
 * A record of a TFRecord file: the length as uint64, its checksum, the data, their checksum, all little-endian.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, maskedChecksum(data), true)
  return record
}

/** TFRecord turns and shifts its checksums, since those of data that hold checksums are weak. */
export function maskedChecksum(data: Uint8Array): number {
  const checksum = crc32c(data)
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0
}
