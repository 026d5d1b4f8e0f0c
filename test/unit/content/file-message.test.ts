import { UnixFS } from 'ipfs-unixfs'
import { expect, test } from 'vitest'
import { fileMessage } from '../../../src/content/unixfs/file-message.ts'

const GIB = 2 ** 30

test.each([0, 1, 127, 128, 2 * GIB - 1, 4 * GIB, 2 ** 40])('a file of %d bytes is written as the library writes it', (size) => {
  expect(Buffer.from(fileMessage([size]))).toEqual(Buffer.from(new UnixFS({ type: 'file', blockSizes: [BigInt(size)] }).marshal()))
})

test.each([[[GIB, GIB]], [[GIB, GIB, GIB]], [[2 * GIB, 1]], [[4 * GIB - 1]]])('also where the library does not: %j', (sizes) => {
  const read = UnixFS.unmarshal(fileMessage(sizes))
  expect([read.type, read.blockSizes, read.fileSize()]).toEqual(['file', sizes.map(BigInt), BigInt(sizes.reduce((sum, size) => sum + size, 0))])
  expect(Buffer.from(fileMessage(sizes)).subarray(0, 3).toString('hex')).toBe('080218')
})

test('the size of a file of 3 GiB is the one that Kubo writes', () => {
  expect(Buffer.from(fileMessage([GIB, GIB, GIB])).toString('base64')).toBe('CAIYgICAgAwggICAgAQggICAgAQggICAgAQ=')
})
