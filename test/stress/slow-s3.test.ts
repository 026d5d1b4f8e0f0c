import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { connect } from '../../backends/s3/connect.ts'

const LONGER_MS = 32_000 // than any other answer is waited for

/** Puts parts together as a server does whose disk is slow: it says nothing until all of it is copied. */
const atWork = createServer((request, response) => {
  request.resume()
  const answer = '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>'
  void sleep(LONGER_MS, undefined, { ref: false }).then(() => response.writeHead(200, { 'content-type': 'application/xml' }).end(answer))
})

test('a server that puts parts together is waited for longer than one that has to answer', async () => {
  await once(atWork.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(atWork.address() as AddressInfo).port}`
  const bucket = connect({ bucket: 'bucket', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  expect(await bucket.multipart.complete('key', 'upload', [{ PartNumber: 1, ETag: '"part"' }], {})).toBe('"whole"')
  bucket.close()
  atWork.close()
}, 60_000)
