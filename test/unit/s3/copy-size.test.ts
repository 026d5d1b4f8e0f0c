import { expect, test } from 'vitest'
import { copyObject, ONE_REQUEST } from '../../../backends/s3/copy.ts'
import { answering } from './answering.ts'

const ANSWER = '<Result><UploadId>u</UploadId><ETag>"e"</ETag></Result>'

test.each([
  ['the most that one request takes', ONE_REQUEST, ['PUT']],
  ['a byte more', ONE_REQUEST + 1, ['POST', ...Array.from({ length: 41 }, () => 'PUT'), 'POST']],
])('%s is copied in as many requests as that takes', async (_, size, wanted) => {
  const methods: string[] = []
  await using server = await answering((method) => {
    methods.push(method)
    return ANSWER
  })
  expect(await copyObject(server.bucket, { key: 'f' }, 'to', size, { change: 'c1', ifMatch: '"e"' })).toBe('"e"')
  expect(methods).toEqual(wanted)
})
