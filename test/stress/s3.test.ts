import { execFile } from 'node:child_process'
import { statfs, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import type { S3Options } from '../../backends/s3/s3.ts'
import { ListedBucket } from '../support/listed-bucket.ts'
import { peakDuring } from '../support/memory-of.ts'
import { emptyPlace, type Host, host, type Place } from '../support/program.ts'
import { requires } from '../support/requires.ts'
import { needsS3, S3Server } from '../support/s3.ts'

const LISTER = fileURLToPath(new URL('../support/s3-lister.ts', import.meta.url))
const MIB = 2 ** 20
const LARGE = 10 * 1024 * MIB
const MOST = 300 * MIB
const HEAP_MB = 40 // of which the SDK takes most

beforeEach(requires('/proc', () => process.platform === 'linux'))

/** An agent's host whose `/bucket` is this one. */
async function serving(place: Place, { bucket, endpoint, credentials }: S3Options): Promise<Host> {
  const storage = { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  const settings = { backends: { bucket: { type: 's3', options: storage } }, mounts: [{ path: '/bucket', backend: 'bucket' }] }
  await writeFile(join(place.home, 'polymount.json'), JSON.stringify(settings))
  const env = { S3_ID: credentials?.accessKeyId ?? '', S3_KEY: credentials?.secretAccessKey ?? '' }
  return host(place, [place.work, '--toolsets', 'all', '--config', join(place.home, 'polymount.json')], { env })
}

async function done(agent: Host, name: string, args: Record<string, unknown>): Promise<unknown> {
  const { structuredContent, isError, content } = await agent.client.callTool({ name, arguments: args }, { timeout: 1_500_000 })
  expect([isError === true, isError === true ? content : '']).toEqual([false, ''])
  return structuredContent
}

test('100,000 keys are listed within a heap that holds a fraction of them', async () => {
  await using bucket = await ListedBucket.start(Array.from({ length: 100_000 }, (_, i) => `many/${String(i).padStart(6, '0')}`))
  const lister = [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', LISTER, bucket.options.endpoint ?? '']
  const { stdout } = await promisify(execFile)(process.execPath, [...lister, '/many'])
  expect(stdout).toBe('100000\n')
}, 300_000)

test('10 GiB of unknown length go in within 300 MB, and are copied there without passing through us', async ({ skip }) => {
  await needsS3({ skip })
  await requires('50 GiB on the disk of temporary files', hasRoom)({ skip })
  await using server = await S3Server.start()
  await using place = await emptyPlace()
  const agent = await serving(place, await server.options())
  const large = join(place.work, 'large')
  await writeFile(large, '')
  await truncate(large, LARGE)
  const peak = await peakDuring(agent.pid, async () => {
    await done(agent, 'vfs_copy', { from: large, to: '/bucket/large' })
    await done(agent, 'vfs_copy', { from: '/bucket/large', to: '/bucket/copy' })
  })
  expect(peak).toBeLessThan(MOST)
  expect(await done(agent, 'vfs_stat', { path: '/bucket/copy' })).toMatchObject({ size: LARGE })
  const { mounts } = (await done(agent, 'vfs_list_mounts', {})) as { mounts: { path: string; usage: Record<string, number> }[] }
  expect(mounts.find(({ path }) => path === '/bucket')?.usage).toMatchObject({ bytes_written: LARGE, bytes_read: 0 })
}, 1_800_000)

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize > LARGE * 5
}
