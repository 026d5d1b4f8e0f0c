import { chmodSync, closeSync, openSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content, names, noise, text } from '../../contract/support.ts'
import { site } from './site.ts'

const MIB = 1024 * 1024
/** Some disks store whole seconds. */
const OLD = { timeout: 5000 }
/** A kernel whose clock ticks every 10 ms, as those before 6.13. */
const coarse = (time: bigint): bigint => time - (time % 10_000_000n)

describe.each([
  ['a fine clock', undefined],
  ['a clock of 10 ms', coarse],
])('with %s', (_, clock) => {
  test('every change of another program is seen, also of the same size in the same tick', async () => {
    const { backend: b, host } = await site({ clock })
    writeFileSync(host('f'), 'content 000')
    let { etag } = await b.stat(p('/f'))
    for (let i = 1; i <= 200; i++) {
      writeFileSync(host('f'), `content ${String(i).padStart(3, '0')}`)
      expect(await b.matches(p('/f'), etag)).toBe(false)
      expect(await codeOf(b.write(p('/f'), bytesOf('lost update'), { ifMatch: etag }))).toBe('CONFLICT')
      const now = await b.stat(p('/f'))
      expect(now.etag).not.toBe(etag)
      ;({ etag } = now)
    }
  })

  test('a large file is given time until its etag can be trusted', async () => {
    const { backend: b, host } = await site({ clock })
    writeFileSync(host('f'), noise(2 * MIB))
    const { etag } = await b.stat(p('/f'))
    const fd = openSync(host('f'), 'r+')
    onTestFinished(() => closeSync(fd))
    writeSync(fd, 'x', 0)
    expect(await b.matches(p('/f'), etag)).toBe(false)
    const written = await b.write(p('/f'), bytesOf(noise(2 * MIB)))
    expect(await b.matches(p('/f'), written.etag)).toBe(true)
    expect((await b.stat(p('/f'))).etag).toBe(written.etag)
  })

  test('both forms of an etag stand for the same content', async () => {
    const { backend: b, host } = await site({ clock })
    // A machine that is busy may answer when the file is old already.
    const young = await vi.waitUntil(async () => {
      const { etag } = await b.write(p('/f'), bytesOf('content'))
      return etag.startsWith('h') && etag
    }, OLD)
    const old = await vi.waitUntil(async () => {
      const { etag } = await b.stat(p('/f'))
      return etag.startsWith('s') && etag
    }, OLD)
    for (const etag of [young, old]) {
      expect(await b.matches(p('/f'), etag)).toBe(true)
      expect(await text(b.read(p('/f'), { ifMatch: etag }))).toBe('content')
    }
    renameSync(host('f'), host('g'))
    expect(await b.matches(p('/g'), young)).toBe(true)
  })
})

describe('where only ctime has moved', () => {
  const old = async (options = {}) => {
    const made = await site(options)
    writeFileSync(made.host('f'), 'content')
    // Old enough that the etag stands for the file's times.
    const etag = await vi.waitUntil(async () => {
      const found = (await made.backend.stat(p('/f'))).etag
      return found.startsWith('s') && found
    }, OLD)
    return { ...made, etag }
  }

  test('a file that was read is known by its content', async () => {
    const { backend: b, host, etag } = await old()
    await text(b.read(p('/f')))
    chmodSync(host('f'), 0o700)
    expect((await b.stat(p('/f'))).etag).not.toBe(etag)
    expect(await b.matches(p('/f'), etag)).toBe(true)
    await b.write(p('/f'), bytesOf('changed'), { ifMatch: etag })
    expect(statSync(host('f')).mode & 0o777).toBe(0o700)
  })

  test('a file that was not read is not known', async () => {
    const { backend: b, host, etag } = await old()
    chmodSync(host('f'), 0o700)
    expect(await b.matches(p('/f'), etag)).toBe(false)
  })

  test('a content changed under its old mtime is another content', async () => {
    const { backend: b, host, etag } = await old()
    await text(b.read(p('/f')))
    const { atime, mtime } = statSync(host('f'))
    writeFileSync(host('f'), 'CONTENT')
    utimesSync(host('f'), atime, mtime)
    expect(await b.matches(p('/f'), etag)).toBe(false)
  })

  test('by a move or a link of ours, the etag holds on', async () => {
    const { backend: b, etag } = await old()
    await b.rename(p('/f'), p('/g'))
    await b.rename(p('/g'), p('/h'))
    expect(await b.matches(p('/h'), etag)).toBe(true)
    await b.trash.keep(p('/h'), 'c1')
    expect(await b.matches(p('/h'), etag)).toBe(true)
  })
})

describe('what is kept', () => {
  let b: Awaited<ReturnType<typeof site>>['backend']
  let host: (path: string) => string
  beforeEach(async () => {
    ;({ backend: b, host } = await site())
  })

  test('tells when a program that has it open goes on writing', async () => {
    writeFileSync(host('f'), 'before')
    const fd = openSync(host('f'), 'r+')
    const kept = await b.trash.keep(p('/f'), 'c1')
    await b.write(p('/f'), bytesOf('ours'))
    expect(await text(b.trash.contents.read(p('/c1'), { ifMatch: kept.etag }))).toBe('before')
    writeSync(fd, 'BEFORE', 0)
    closeSync(fd)
    // On a disk that can share bytes between files, what is kept is a file of its own.
    const kind = await text(b.trash.contents.read(p('/c1'), { ifMatch: kept.etag })).catch((error: { code: string }) => error.code)
    expect(['CONFLICT', 'before']).toContain(kind)
    expect(await text(b.read(p('/f')))).toBe('ours')
  })

  test('is the same for another gateway', async () => {
    await b.write(p('/f'), bytesOf(noise(MIB + 1)))
    const kept = await b.trash.put(p('/f'), 'c1')
    const { LocalBackend } = await import('../../../backends/local/local.ts')
    const other = new LocalBackend({ root: host('') })
    expect(await names(other, p('/'))).toEqual([])
    expect((await other.trash.contents.stat(p('/c1'))).etag).toBe(kept.etag)
    expect((await content(other.trash.contents.read(p('/c1'), { ifMatch: kept.etag }))).length).toBe(MIB + 1)
    await other.trash.back('c1', p('/g'))
    expect(readFileSync(host('g')).length).toBe(MIB + 1)
    await other[Symbol.asyncDispose]()
  })
})

test('a file that grows while it is read ends where it ended when it was opened, or is refused', async () => {
  const { backend: b, host } = await site()
  writeFileSync(host('log'), noise(3 * MIB))
  const { etag } = await b.stat(p('/log'))
  const grow = async (ifMatch?: string): Promise<number> => {
    let size = 0
    for await (const part of b.read(p('/log'), { ifMatch })) {
      if (size === 0) writeFileSync(host('log'), 'more', { flag: 'a' })
      size += part.length
    }
    return size
  }
  expect(await codeOf(grow(etag))).toBe('CONFLICT')
  expect(await grow()).toBe(3 * MIB + 4)
})

test('a file that shrinks while it is read ends early', async () => {
  const { backend: b, host } = await site()
  writeFileSync(host('f'), noise(5 * MIB))
  let size = 0
  for await (const part of b.read(p('/f'))) {
    if (size === 0) writeFileSync(host('f'), '')
    size += part.length
  }
  expect(size).toBeLessThan(5 * MIB)
})
