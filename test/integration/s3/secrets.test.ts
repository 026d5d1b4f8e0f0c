import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { freePort, needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const ID = 'polymount-test'
const KEY = 'not-a-secret-of-anyone'
const WRONG = 'planted-wrong-key-7c1f'

async function opened(): Promise<ConnectedGateway> {
  const { bucket, endpoint } = await server.options()
  const dead = `http://127.0.0.1:${await freePort()}`
  const t = await connect({
    env: { ID, KEY, WRONG },
    config: {
      agents: { register: ['s3'] },
      secrets: {
        id: { from: 'env:ID', for: [endpoint, dead] },
        key: { from: 'env:KEY', for: [endpoint, dead] },
        wrong: { from: 'env:WRONG', for: [endpoint] },
      },
      backends: {
        by_env: { type: 's3', options: { bucket, endpoint, prefix: 'env', access_key_id: 'env:ID', secret_access_key: 'env:WRONG' } },
        dead: { type: 's3', options: { bucket, endpoint: dead, access_key_id: 'secret:id', secret_access_key: 'secret:key' } },
      },
    },
  })
  return t
}

/** Every byte that the gateway keeps. */
async function kept(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  return (await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))).join('\n')
}

test('a key of a bucket is in no answer, no log and nothing that is kept, whether it serves or is refused', async () => {
  const other = await server.options()
  await using t = await opened()
  await writeFile(join(t.work, 'f'), 'content')
  const bound = { bucket: other.bucket, endpoint: server.endpoint, access_key_id: 'secret:id', secret_access_key: 'secret:key' }
  const calls: readonly (readonly [string, Record<string, unknown>, boolean])[] = [
    ['mbfs_register_backend', { name: 'mine', type: 's3', options: bound }, true],
    ['mbfs_register_backend', { name: 'wrong', type: 's3', options: { ...bound, secret_access_key: 'secret:wrong' } }, false],
    ['mbfs_register_backend', { name: 'none', type: 's3', options: { ...bound, bucket: 'no-such-bucket' } }, false],
    ['mbfs_register_backend', { name: 'again', type: 's3', options: { ...bound, access_key_id: ID } }, false],
    ['mbfs_store', { backend: 'mine', key: 'a/f', from: join(t.work, 'f') }, true],
    ['mbfs_retrieve', { backend: 'mine', key: 'a/f' }, true],
    ['mbfs_list_content', { backend: 'mine' }, true],
    ['mbfs_retrieve', { backend: 'mine', key: 'missing' }, false],
    ['mbfs_store', { backend: 'by_env', key: 'f', content: 'x' }, false],
    ['vfs_mount', { path: '/dead', backend: 'dead' }, false],
    ['mbfs_delete', { backend: 'mine', key: 'a/f' }, true],
    ['mbfs_list_backends', {}, true],
    ['vfs_list_mounts', {}, true],
    ['mbfs_remove_backend', { backend: 'mine' }, true],
  ]
  const answers: string[] = []
  for (const [tool, args, ok] of calls) {
    const { raw, ...answer } = await t.call(tool, args)
    expect([tool, args, answer.ok]).toEqual([tool, args, ok])
    answers.push(JSON.stringify(raw))
  }
  const logged = inspect(t.logged, { depth: 20 })
  const data = await kept(join(t.work, '../data'))
  for (const secret of [KEY, WRONG]) for (const place of [...answers, logged, data]) expect(place).not.toContain(secret)
  expect(data).toContain('a/f') // the journal is among what was looked at
})
