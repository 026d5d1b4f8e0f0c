import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isAmbiguous } from '../../../backends/s3/errors.ts'
import { openS3 } from '../../../backends/s3/s3.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

describe('a real server', () => {
  let server: S3Server
  beforeEach(needsS3)
  beforeAll(async () => void (server = await S3Server.start()))
  afterAll(() => server[Symbol.asyncDispose]())

  test('refuses wrong keys, and the answer shows none of them', async () => {
    const options = await server.options()
    const wrong = { accessKeyId: 'polymount-test', secretAccessKey: 'planted-secret' }
    const error: unknown = await openS3({ ...options, credentials: wrong }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', retryable: false })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('planted-secret')
  })

  test('has no such bucket', async () => {
    await expect(openS3({ ...(await server.options()), bucket: 'no-such-bucket' })).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' })
  })
})

test('nobody listens there', async () => {
  await expect(openS3({ bucket: 'any', endpoint: 'http://127.0.0.1:9', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    retryable: true,
  })
})

/** Answers as S3's documentation writes them, which no server of ours can be brought to give. */
describe.each([
  [403, 'AccessDenied', 'PERMISSION_DENIED'],
  [403, 'RequestTimeTooSkewed', 'CLOCK_SKEW'],
  [400, 'ExpiredToken', 'CREDENTIALS_EXPIRED'],
  [400, 'AuthorizationHeaderMalformed', 'WRONG_REGION'],
  [301, 'PermanentRedirect', 'WRONG_REGION'],
  [409, 'OperationAborted', 'CONFLICT'],
  [429, 'TooManyRequests', 'RATE_LIMITED'],
  [503, 'SlowDown', 'RATE_LIMITED'],
  [500, 'InternalError', 'UNAVAILABLE'],
  [507, 'QuotaExceeded', 'QUOTA_EXCEEDED'],
] as const)('status %i %s', (status, name, code) => {
  test(`is ${code}`, async () => {
    const server = createServer((_, response) => refuse(response, status, name)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const opened = openS3({ bucket: 'any', endpoint: `http://127.0.0.1:${port}`, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
      await expect(opened).rejects.toMatchObject({ code, backend: 's3' })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

test.each([
  [503, 'SlowDown', false],
  [429, 'TooManyRequests', false],
  [412, 'PreconditionFailed', false],
  [400, 'MetadataTooLarge', false],
  [400, 'SomethingElse', false],
  [400, 'RequestTimeout', true],
  [500, 'InternalError', true],
  [undefined, 'TimeoutError', true],
  [undefined, 'ECONNRESET', true],
] as const)('after %s %s the outcome of a write is unknown: %s', (httpStatusCode, name, unknown) => {
  expect(isAmbiguous(Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } }))).toBe(unknown)
})

function refuse(response: ServerResponse, status: number, name: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?><Error><Code>${name}</Code><Message>no</Message></Error>`)
}
