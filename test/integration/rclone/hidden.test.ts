import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { findServer } from '../../../scripts/servers/find.ts'
import { RCLONE } from '../../../scripts/servers/programs.ts'
import { connect } from '../../support/gateway.ts'
import { needsRclone } from '../../support/rclone.ts'

beforeEach(needsRclone)

const STAGED = '.polymount-5a1c0f6e' // of a write that another data folder has begun

/** A disk that rclone leads to, where somebody else has begun to write below /d. */
async function shared() {
  await using parts = new AsyncDisposableStack()
  const disk = await mkdtemp(join(tmpdir(), 'polymount-hidden-'))
  parts.defer(() => rm(disk, { recursive: true, force: true }))
  await mkdir(join(disk, 'd/e'), { recursive: true })
  await writeFile(join(disk, 'd/e/f'), 'seen')
  const session = parts.use(
    await connect({
      env: { PATH: process.env['PATH'], RCLONE_BINARY: await findServer(RCLONE), RCLONE_CONFIG: '/dev/null' },
      config: {
        backends: { cloud: { type: 'rclone', options: { remote: `:local:${disk}` } } },
        mounts: [
          { path: '/cloud', backend: 'cloud' },
          { path: '/bare', backend: 'cloud', versions: 'off' },
        ],
      },
    }),
  )
  const owned = parts.move()
  return { disk, call: session.call.bind(session), [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test.each(['/cloud', '/bare'])('a folder of %s in which something stands that is not shown is not removed, and what is there stays', async (mount) => {
  await using t = await shared()
  await writeFile(join(t.disk, 'd/e', STAGED), 'of another')
  const removed = await t.call('vfs_remove', { path: `${mount}/d`, recursive: true })
  expect(removed.ok).toBe(false)
  expect(removed.text).toContain(STAGED)
  expect(await readFile(join(t.disk, 'd/e', STAGED), 'utf8')).toBe('of another')
})

test('nor is an empty one', async () => {
  await using t = await shared()
  await rm(join(t.disk, 'd/e/f'))
  await writeFile(join(t.disk, 'd/e', STAGED), 'of another')
  for (const recursive of [true, false])
    expect((await t.call('vfs_remove', { path: '/cloud/d/e', recursive })).result).toMatchObject({ error_code: 'NOT_EMPTY' })
  expect(await t.call('vfs_move', { from: '/cloud/d/e', to: '/cloud/d/g' })).toMatchObject({ ok: false })
  expect(await readdir(join(t.disk, 'd/e'))).toEqual([STAGED])
  await rm(join(t.disk, 'd/e', STAGED))
  expect(await t.call('vfs_remove', { path: '/cloud/d/e' })).toMatchObject({ ok: true })
  expect(await readdir(join(t.disk, 'd'))).toEqual([])
})
