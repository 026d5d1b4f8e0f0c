import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openS3 } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { runHere } from '../../support/io.ts'
import { emptyPlace } from '../../support/program.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const CONTENT = 'what is in the bucket'
const KEY = 'a/täglich & mehr.txt'

/** A machine with a bucket, below a prefix of which one file lies; and its command line. */
async function ground() {
  const { bucket, endpoint, credentials } = await server.options()
  const place = await emptyPlace()
  const options = { bucket, endpoint, prefix: 'own', access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  const config = join(place.home, 'polymount.json')
  await mkdir(place.home, { recursive: true })
  await writeFile(config, JSON.stringify({ backends: { bucket: { type: 's3', options }, mem: { type: 'memory' } } }))
  const backend = await openS3({ bucket, endpoint, credentials, prefix: 'own' })
  await backend.mkdir(p('/a'))
  await backend.write(p(`/${KEY}`), bytesOf(Buffer.from(CONTENT)))
  const env = { S3_ID: credentials?.accessKeyId ?? '', S3_KEY: credentials?.secretAccessKey ?? '' }
  return {
    backend,
    secret: env.S3_KEY,
    link: (...args: readonly string[]) => runHere({ ...place, env: { ...place.env, ...env } }, ['backends', 'link', ...args, '--config', config]),
    [Symbol.asyncDispose]: async () => {
      await backend[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

const asked = async (url: string, init?: RequestInit) => {
  const answer = await fetch(url.trim(), init)
  return { status: answer.status, text: await answer.text() }
}

test('a link reads the file, and ranges of it, and nothing else', async () => {
  await using t = await ground()
  const { code, stdout } = await t.link('bucket', KEY)
  expect(code).toBe(0)
  expect(stdout).not.toContain(t.secret)
  expect(await asked(stdout)).toEqual({ status: 200, text: CONTENT })
  expect(await asked(stdout, { headers: { range: 'bytes=5-6' } })).toEqual({ status: 206, text: 'is' })
  expect((await asked(stdout, { method: 'PUT', body: 'x' })).status).toBe(403)
  expect((await asked(stdout.replace('mehr', 'weniger'))).status).toBe(403)
})

test('a link for an upload replaces the file, and our next look sees it', async () => {
  await using t = await ground()
  const { etag } = await t.backend.stat(p(`/${KEY}`))
  const { stdout } = await t.link('bucket', KEY, '--upload', '--expires', '7d', '--json')
  const told = JSON.parse(stdout) as { url: string; upload: boolean; expires_in: number }
  expect(told).toMatchObject({ upload: true, expires_in: 604_800 })
  expect((await asked(told.url, { method: 'PUT', body: 'newer' })).status).toBe(200)
  const stat = await t.backend.stat(p(`/${KEY}`))
  expect(stat.size).toBe(5)
  expect(stat.etag).not.toBe(etag)
  expect((await asked(told.url)).status).toBe(403)
})

test('a link ends', async () => {
  await using t = await ground()
  const { stdout } = await t.link('bucket', KEY, '--expires', '1s')
  await vi.waitFor(async () => expect((await asked(stdout)).status).toBe(403), 10_000)
})

test.each<[string, readonly string[], number, string]>([
  ['what does not exist', ['bucket', 'nothing'], 1, 'NOT_FOUND'],
  ['a folder', ['bucket', 'a'], 1, 'IS_DIRECTORY'],
  ['another type of storage', ['mem', 'x'], 1, 'UNSUPPORTED'],
  ['a path that is none', ['bucket', '../x'], 1, 'INVALID_PATH'],
  ['no key', ['bucket'], 2, 'a key is missing'],
  ['no such storage', ['nobody', 'x'], 2, 'no backend is called nobody'],
  ['too long a time', ['bucket', KEY, '--expires', '8d'], 2, '1s to 7d'],
  ['no time at all', ['bucket', KEY, '--expires', '0s'], 2, '1s to 7d'],
])('a link to %s is refused', async (_, args, code, said) => {
  await using t = await ground()
  expect(await t.link(...args)).toMatchObject({ code, stderr: expect.stringContaining(said), stdout: '' })
})
