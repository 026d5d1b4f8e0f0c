import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { connect } from '../../backends/s3/connect.ts'
import { noise } from '../support/content.ts'
import { emptyPlace, host } from '../support/program.ts'
import { needsS3, S3Server } from '../support/s3.ts'

beforeEach(needsS3)

test('a gateway that is killed in the middle of an upload leaves nothing half, and nothing behind', async () => {
  await using server = await S3Server.start()
  await using place = await emptyPlace()
  const options = await server.options()
  const { bucket, endpoint, credentials } = options
  const settings = {
    backends: { bucket: { type: 's3', options: { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' } } },
    mounts: [{ path: '/bucket', backend: 'bucket' }],
  }
  await writeFile(join(place.home, 'polymount.json'), JSON.stringify(settings))
  await writeFile(join(place.work, 'large'), noise(256 << 20))
  const args = [place.work, '--config', join(place.home, 'polymount.json')]
  const env = { S3_ID: credentials?.accessKeyId ?? '', S3_KEY: credentials?.secretAccessKey ?? '' }
  const direct = connect(options)
  {
    const agent = await host(place, args, { env })
    const copy = agent.call('vfs_copy', { from: `${place.work}/large`, to: '/bucket/large' }).catch(() => 'gone')
    while ((await direct.uploads('large')).length === 0);
    process.kill(agent.pid, 'SIGKILL')
    expect(await copy).toBe('gone')
  }
  expect(await direct.uploads('large')).toHaveLength(1)
  await using agent = await host(place, args, { env })
  expect((await agent.call('vfs_stat', { path: '/bucket/large' })).result['error_code']).toBe('NOT_FOUND')
  expect((await agent.call('vfs_history', { path: '/bucket/large' })).text).toContain('aborted')
  expect(await direct.uploads('large')).toEqual([])
  direct.close()
})
