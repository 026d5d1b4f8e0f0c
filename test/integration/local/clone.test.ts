import { closeSync, openSync, statfsSync, statSync, writeSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { btrfs, needsBtrfs } from '../../support/btrfs.ts'
import { content, noise } from '../../contract/support.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site } from './site.ts'

const MOST = 36 << 20 // of which the disk holds only one
const LARGE = 17 << 20 // beyond what is kept by reading it
const PART = 4096

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20))
}

const free = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

describe('on a disk that clones files', () => {
  beforeEach(needsBtrfs)

  test('a large content is kept without room of its own, and stays as it was whoever has the file open', async () => {
    const { backend, host, root } = await site({ root: await btrfs() })
    const before = noise(MOST)
    await backend.write(p('/f'), parts(before))
    expect(free(root)).toBeLessThan(MOST)
    const outside = openSync(host('f'), 'r+')
    const kept = await backend.trash.keep(p('/f'), 'c1')
    expect(statSync(host('f')).nlink).toBe(1)
    writeSync(outside, Buffer.alloc(PART, 'x'), 0, PART, 0)
    closeSync(outside)
    expect(Buffer.compare(await content(backend.trash.contents.read(p('/c1'))), before)).toBe(0)
    expect((await backend.trash.contents.stat(p('/c1'))).etag).toBe(kept.etag)
    await backend.trash.drop('c1')
    expect(await Array.fromAsync(backend.trash.contents.list(ROOT), ({ name }) => name)).not.toContain('c1')
  })

  test('a large file that a program outside has open is replaced, and comes back', async () => {
    const { backend, host } = await site({ root: await btrfs() })
    await using t = await openTestVfs({ '/w': backend })
    const before = noise(LARGE)
    await t.vfs.write(p('/w/f'), parts(before), call)
    const outside = openSync(host('f'), 'r+')
    const { change } = await t.write('/w/f', 'small', { ifMatch: '*' })
    expect(t.journal.get(change!)?.kept?.in).toBe('trash')
    writeSync(outside, Buffer.alloc(PART, 'x'), 0, PART, 0)
    closeSync(outside)
    await t.vfs.undo({ change: change! }, call)
    expect(Buffer.compare(await content(backend.read(p('/f'))), before)).toBe(0)
  })
})
