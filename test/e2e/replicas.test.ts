import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { FaultProxy } from '../support/fault-proxy.ts'
import { emptyPlace, host, later } from '../support/program.ts'
import { needsS3, S3Server } from '../support/s3.ts'

beforeEach(needsS3)

test('a gateway that is killed between a file and its replica leaves neither', async () => {
  await using server = await S3Server.start()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using place = await emptyPlace()
  const { bucket, credentials } = await server.options()
  const disk = join(place.work, 'disk')
  await mkdir(disk)
  const remote = { bucket, endpoint: proxy.endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  const config = join(place.home, 'polymount.json')
  await writeFile(config, JSON.stringify({ backends: { disk: { type: 'local', options: { root: disk } }, bucket: { type: 's3', options: remote } } }))
  const env = { S3_ID: credentials?.accessKeyId ?? '', S3_KEY: credentials?.secretAccessKey ?? '' }
  const agent = () => host(place, [place.work, '--config', config, '--toolsets', 'all'], { env })
  const store = { backend: 'disk', key: 'k', content: 'hello', replicas: ['bucket'] }
  {
    const first = await agent()
    const met = proxy.next(/^PUT \S+\/k[? ]/, 'held')
    const call = first.call('mbfs_store', store).catch(() => 'gone')
    await met
    expect(await readFile(join(disk, 'k'), 'utf8')).toBe('hello')
    process.kill(first.pid, 'SIGKILL')
    expect(await call).toBe('gone')
  }
  await using second = await agent()
  for (const backend of ['disk', 'bucket']) await second.call('mbfs_list_content', { backend })
  await vi.waitFor(() => {
    later(place)
    return expect(readFile(join(disk, 'k'))).rejects.toMatchObject({ code: 'ENOENT' })
  }, 10_000)
  expect((await second.call('mbfs_store', store)).result).toMatchObject({ held_by: ['/backends/disk/k', '/backends/bucket/k'], failed: [] })
})
