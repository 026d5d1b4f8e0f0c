import type { Metadata } from '../types.ts'

/**
 * Mode and time of modification in a UnixFS message (UnixFS 1.5). They are its last fields, so they are put behind what the
 * codec library makes: that leaves out a mode of 0644 or 0755, which Kubo writes and readers could not tell from none.
 */
const MODE = 7
const MTIME = 8
const SECONDS = 1
const NANOSECONDS = 5 // fixed32 of field 2

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5]

export function encodeMetadata({ mode, modified }: Metadata): Uint8Array {
  const fields: number[] = []
  if (mode !== undefined) fields.push((MODE << 3) | VARINT, ...varint(BigInt(mode & 0o7777)))
  if (modified !== undefined) {
    const time = encodeTime(modified)
    fields.push((MTIME << 3) | BYTES, time.length, ...time)
  }
  return Uint8Array.from(fields)
}

function encodeTime(modified: Date): number[] {
  const seconds = Math.floor(modified.getTime() / 1000)
  const nanoseconds = (modified.getTime() - seconds * 1000) * 1_000_000
  const fraction = [0, 8, 16, 24].map((bits) => (nanoseconds >>> bits) & 255)
  return [(SECONDS << 3) | VARINT, ...varint(BigInt(seconds)), ...(nanoseconds > 0 ? [(2 << 3) | NANOSECONDS, ...fraction] : [])]
}

/** Throws for what is no protobuf message. */
export function decodeMetadata(message: Uint8Array): Metadata {
  const fields = new Map(fieldsOf(message))
  const mode = fields.get(MODE)
  const mtime = fields.get(MTIME)
  const modified = mtime instanceof Uint8Array ? decodeTime(mtime) : undefined
  return { ...(typeof mode === 'bigint' && { mode: Number(mode & 0o7777n) }), ...(modified && { modified }) }
}

/** undefined for a time that no Date can hold. */
function decodeTime(message: Uint8Array): Date | undefined {
  const fields = new Map(fieldsOf(message))
  const [seconds = 0n, nanoseconds = 0n] = [fields.get(SECONDS), fields.get(2)]
  if (typeof seconds !== 'bigint' || typeof nanoseconds !== 'bigint') return undefined
  const time = new Date(Number(BigInt.asIntN(64, seconds)) * 1000 + Math.floor(Number(nanoseconds) / 1_000_000))
  return Number.isNaN(time.getTime()) ? undefined : time
}

function* fieldsOf(message: Uint8Array): Generator<readonly [field: number, value: bigint | Uint8Array]> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  for (let at = 0; at < message.length;) {
    const tag = readVarint(view, at)
    at = tag.next
    const [field, type] = [Number(tag.value >> 3n), Number(tag.value & 7n)]
    const { value, next } = readValue(view, at, type)
    yield [field, value]
    at = next
  }
}

interface Read<T> {
  readonly value: T
  readonly next: number
}

function readValue(view: DataView, at: number, type: number): Read<bigint | Uint8Array> {
  if (type === VARINT) return readVarint(view, at)
  if (type === FIXED32) return { value: BigInt(view.getUint32(at, true)), next: at + 4 }
  if (type === FIXED64) return { value: view.getBigUint64(at, true), next: at + 8 }
  if (type !== BYTES) throw new Error(`no protobuf has wire type ${type}`)
  const { value: length, next } = readVarint(view, at)
  const end = next + Number(length)
  if (end > view.byteLength) throw new Error('a field is longer than its message')
  return { value: new Uint8Array(view.buffer, view.byteOffset + next, Number(length)), next: end }
}

function readVarint(view: DataView, at: number): Read<bigint> {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = view.getUint8(at++)
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return { value, next: at }
  }
  throw new Error('a number is too long')
}

function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}
