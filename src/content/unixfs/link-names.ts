const MARK = Buffer.from('\uFEFF')
const LINK = 0x12
const NAME = 0x12
const BYTES = 2

/** The names of a node's links as they are, in their order: the library's decoder takes a byte order mark off. Undefined where there is none. */
export function markedNames(node: Uint8Array): string[] | undefined {
  const block = Buffer.from(node.buffer, node.byteOffset, node.length)
  if (!block.includes(MARK)) return undefined
  return Array.from(fields(block)).flatMap(({ tag, value }) => (tag === LINK ? [nameOf(value)] : []))
}

function nameOf(link: Buffer): string {
  for (const { tag, value } of fields(link)) if (tag === NAME) return value.toString()
  return ''
}

/** Of a block that has been decoded already: its form is right. */
function* fields(block: Buffer): Generator<{ readonly tag: number; readonly value: Buffer }> {
  for (let at = 0; at < block.length;) {
    const tag = block.readUInt8(at)
    const { number, end: from } = varint(block, at + 1)
    const end = (tag & 7) === BYTES ? from + number : from
    yield { tag, value: block.subarray(from, end) }
    at = end
  }
}

function varint(block: Buffer, from: number): { readonly number: number; readonly end: number } {
  let number = 0
  for (let at = from, unit = 1; ; at++, unit *= 128) {
    const byte = block.readUInt8(at)
    number += (byte & 127) * unit
    if (byte < 128) return { number, end: at + 1 }
  }
}
