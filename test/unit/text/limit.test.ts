import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { LineIndex } from '../../../src/text/line-index.ts'
import { readLines } from '../../../src/text/lines.ts'

const TEXT = Buffer.from(Array.from({ length: 100 }, (_, at) => `${at + 1}\n`).join(''))

const read = async (offset: number, limit: number) => {
  const source = {
    key: 'k',
    size: TEXT.length,
    kind: { encoding: 'utf-8' as const, bom: 0 as const },
    read: ({ offset: at = 0 }) => bytesOf(TEXT.subarray(at)),
  }
  const { lines, next } = await readLines(source, { offset, limit, budget: 1000 }, new LineIndex())
  return [lines.map(({ text }) => text).join(), next]
}

test('no more lines than the limit, and where to go on', async () => {
  expect(await read(1, 3)).toEqual(['1,2,3', 4])
  expect(await read(50, 2)).toEqual(['50,51', 52])
  expect(await read(99, 2)).toEqual(['99,100', null])
  expect(await read(-3, 2)).toEqual(['98,99', 100])
  expect(await read(-2, 2)).toEqual(['99,100', null])
})
