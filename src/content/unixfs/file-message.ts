import { varint } from 'multiformats'

const TYPE_FILE = [0x08, 0x02]
const FILE_SIZE = 0x18
const BLOCK_SIZE = 0x20

/**
 * The UnixFS message of a file that is all in its links. The codec library writes other bytes in every run for a number from
 * 2 GiB to 4 GiB (protons-runtime leaves them unwritten), so that such files had no lasting CID.
 */
export function fileMessage(sizes: readonly number[]): Uint8Array {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return Uint8Array.from([...TYPE_FILE, FILE_SIZE, ...number(total), ...sizes.flatMap((size) => [BLOCK_SIZE, ...number(size)])])
}

const number = (value: number): Uint8Array => varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)))
