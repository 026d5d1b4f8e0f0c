import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openS3 } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { content, text } from '../../contract/support.ts'
import { noise } from '../../support/content.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())
afterEach(() => void vi.useRealTimers())

test.each([20, -20])('a clock that is %i minutes off is set right by the first refusal, for every way in which the bucket is reached', async (minutes) => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 })
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await backend.write(p('/small'), bytesOf('content'))
  await backend.copy(p('/small'), p('/copy'))
  const bytes = await content(noise(20 << 20))
  await backend.write(p('/large'), bytesOf(bytes))
  const before = proxy.lines.length
  expect((await content(backend.read(p('/large')))).equals(bytes)).toBe(true)
  expect(proxy.lines.slice(before).filter((line) => /^GET .*x-id=GetObject/.test(line) && !line.includes('X-Amz-Signature'))).toEqual([])
  const link = await backend.link(p('/copy'), { seconds: 60 })
  vi.useRealTimers()
  expect(await text((await fetch(link)).body ?? bytesOf())).toBe('content')
})
