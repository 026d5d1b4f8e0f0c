import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { openS3 } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, names } from '../../contract/support.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { needs, RCLONE_S3, S3Server, VERSITY } from '../../support/s3.ts'

for (const program of [VERSITY, RCLONE_S3]) beforeEach(needs(program))

const KEYS = 2500

test.each([['versitygw', VERSITY] as const, ['rclone serve s3', RCLONE_S3] as const])(
  '%s: a folder goes for good by a request for every thousand keys',
  async (_, program) => {
    await using server = await S3Server.start(program)
    await using proxy = await FaultProxy.start(server.endpoint)
    const options = await server.options()
    for (const folder of ['d', 'd/inner', 'e']) await mkdir(join(server.buckets, options.bucket, folder))
    const keys = Array.from({ length: KEYS }, (__, i) => (i % 2 === 0 ? `d/${i}` : `d/inner/& <${i}>`))
    for (const key of [...keys, 'd/tab\t', 'e/stays']) await writeFile(join(server.buckets, options.bucket, key), 'x')
    await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
    proxy.lines.length = 0
    await backend.remove(p('/d'), { recursive: true })
    const removal = [...proxy.lines]
    expect(await codeOf(backend.stat(p('/d')))).toBe('NOT_FOUND')
    expect(await names(backend, p('/e'))).toEqual(['stays'])
    const asked = (method: string): number => removal.filter((line) => line.startsWith(method)).length
    expect(asked('POST')).toBe(3)
    expect(asked('DELETE')).toBeLessThanOrEqual(1) // of a key that XML cannot hold, if the server lists it
  },
)

test.each([
  [501, 'NotImplemented'],
  [403, 'AccessDenied'],
])('a server that refuses that, with %s, is asked for each key', async (status, code) => {
  await using server = await S3Server.start()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...(await server.options()), endpoint: proxy.endpoint })
  await backend.mkdir(p('/d'))
  for (const name of ['a', 'b', 'c']) await backend.write(p(`/d/${name}`), bytesOf(name))
  proxy.refusing = { line: /^POST \S+\?delete/, status, code }
  await backend.remove(p('/d'), { recursive: true })
  expect([proxy.refused, await names(backend, p('/'))]).toEqual([1, []])
})
