import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content, names, noise, text } from '../../contract/support.ts'
import { requires } from '../../support/requires.ts'
import { asNobody, isRoot, site, tmpfs } from './site.ts'

const root = requires('root, to mount and to change users', () => isRoot)

describe('special files', () => {
  test('are not listed, and never opened for long', async () => {
    const { backend: b, host } = await site()
    writeFileSync(host('f'), 'x')
    mkdirSync(host('d'))
    execFileSync('mkfifo', [host('pipe'), host('d/pipe')])
    const server = createServer().listen(host('socket'))
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    expect(await names(b, p('/'))).toEqual(['d', 'f'])
    for (const name of ['/pipe', '/socket']) {
      for (const work of [
        b.stat(p(name)),
        b.read(p(name)),
        b.remove(p(name)),
        b.rename(p(name), p('/to')),
        b.copy(p(name), p('/to')),
        b.trash.put(p(name), 'c1'),
      ])
        expect([name, await codeOf(work)]).toEqual([name, 'SPECIAL_FILE'])
      expect(await codeOf(b.write(p(name), bytesOf('x')))).toBe('SPECIAL_FILE')
      expect(await codeOf(b.list(p(name)))).toBe('NOT_DIRECTORY')
      expect(await codeOf(b.mkdir(p(name)))).toBe('ALREADY_EXISTS')
      expect(await b.matches(p(name), 'sAAAAAAAAAAA')).toBe(false)
    }
    await b.remove(p('/d'), { recursive: true })
    expect(existsSync(host('d'))).toBe(false)
  })

  test('of root are refused as well', async (context) => {
    await root(context)
    const { backend: b, host } = await site()
    execFileSync('mknod', [host('null'), 'c', '1', '3'])
    expect(await codeOf(b.read(p('/null')))).toBe('SPECIAL_FILE')
    expect(await codeOf(b.write(p('/null'), bytesOf('x')))).toBe('SPECIAL_FILE')
    expect(statSync(host('null')).isCharacterDevice()).toBe(true)
  })
})

describe('permissions', () => {
  test('and executable bits survive an edit, whatever the umask', async () => {
    const { backend: b, host } = await site()
    for (const mode of [0o777, 0o755, 0o700, 0o600, 0o444, 0o640]) {
      writeFileSync(host('f'), 'x')
      chmodSync(host('f'), mode)
      await b.write(p('/f'), bytesOf('y'))
      expect((statSync(host('f')).mode & 0o7777).toString(8)).toBe(mode.toString(8))
      rmSync(host('f'))
    }
    await b.write(p('/new'), bytesOf('x'))
    expect((await b.stat(p('/new'))).mode).toBe(0o666 & ~process.umask())
  })

  test.each([0o002, 0o077, 0])('of what is new are those of the umask %o that was named, whatever that of the process', async (umask) => {
    const { backend: b, host } = await site({ umask })
    await b.write(p('/new'), bytesOf('x'))
    await b.mkdir(p('/folder'))
    writeFileSync(host('old'), 'x')
    chmodSync(host('old'), 0o751)
    await b.write(p('/old'), bytesOf('y'))
    await b.copy(p('/old'), p('/copy'))
    const modes = ['new', 'folder', 'old', 'copy'].map((name) => statSync(host(name)).mode & 0o777)
    expect(modes).toEqual([0o666 & ~umask, 0o777 & ~umask, 0o751, 0o751])
  })

  test('changed while a write is under way are kept', async () => {
    const { backend: b, host } = await site()
    writeFileSync(host('f'), 'x')
    await b.write(p('/f'), bytesOf('y'), { staged: async () => chmodSync(host('f'), 0o751) })
    expect((await b.stat(p('/f'))).mode).toBe(0o751)
  })

  test('the time that was asked for is set', async () => {
    const { backend: b } = await site()
    const modified = new Date('2020-01-02T03:04:05Z')
    expect((await b.write(p('/f'), bytesOf('x'), { modified })).modified).toEqual(modified)
    expect((await b.stat(p('/f'))).modified).toEqual(modified)
  })

  describe('of others', () => {
    beforeEach(root)

    test('an owner survives an edit by root', async () => {
      const { backend: b, host } = await site()
      writeFileSync(host('f'), 'x')
      chownSync(host('f'), 1234, 4321)
      await b.write(p('/f'), bytesOf('y'))
      expect(statSync(host('f'))).toMatchObject({ uid: 1234, gid: 4321 })
    })

    test('what may not be read or changed is PERMISSION_DENIED', async () => {
      const { backend: b, host, root: folder } = await site()
      chmodSync(join(folder, '..'), 0o755)
      writeFileSync(host('unreadable'), 'x', { mode: 0o600 })
      mkdirSync(host('closed'), { mode: 0o700 })
      mkdirSync(host('blind'), { mode: 0o711 })
      writeFileSync(host('blind/f'), 'seen by name', { mode: 0o644 })
      await asNobody(async () => {
        expect((await b.stat(p('/unreadable'))).size).toBe(1)
        expect(await codeOf(b.read(p('/unreadable')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.write(p('/unreadable'), bytesOf('y')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.write(p('/new'), bytesOf('y')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.mkdir(p('/new')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.remove(p('/unreadable')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.rename(p('/unreadable'), p('/new')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.list(p('/closed')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.read(p('/closed/f')))).toBe('PERMISSION_DENIED')
        expect(await codeOf(b.list(p('/blind')))).toBe('PERMISSION_DENIED')
        expect(await text(b.read(p('/blind/f')))).toBe('seen by name')
      })
    })

    test("an edit of a foreign file in a folder of one's own makes it one's own", async () => {
      const { backend: b, host, root: folder } = await site()
      chmodSync(join(folder, '..'), 0o755)
      chmodSync(folder, 0o777)
      writeFileSync(host('f'), 'x', { mode: 0o644 })
      await asNobody(async () => {
        await b.write(p('/f'), bytesOf('y'))
        await b.rename(p('/f'), p('/g'))
      })
      expect(statSync(host('g')).uid).toBe(65_534)
    })
  })
})

describe('a disk', () => {
  beforeEach(root)

  test('that is full keeps what was there, and no temporary file', async () => {
    const { backend: b, root: folder } = await site()
    tmpfs(folder, '512k')
    await b.write(p('/f'), bytesOf('before'))
    for (const size of [600_000, 5_000_000]) {
      await expect(b.write(p('/f'), bytesOf(noise(size)))).rejects.toMatchObject({ code: 'DISK_FULL', retryable: false })
      await expect(b.write(p('/new'), bytesOf(...Array.from({ length: 50 }, () => noise(size / 50))))).rejects.toMatchObject({ code: 'DISK_FULL' })
    }
    expect(await text(b.read(p('/f')))).toBe('before')
    expect(readdirSync(folder)).toEqual(['f'])
    await b.write(p('/f'), bytesOf(noise(100_000)))
    expect(await codeOf(b.copy(p('/f'), p('/c1')))).toBe('none')
    expect((await b.stat(p('/c1'))).size).toBe(100_000)
  })

  test('that may only be read says so', async () => {
    const { backend: b, root: folder } = await site()
    tmpfs(folder, '512k')
    await b.write(p('/f'), bytesOf('x'))
    execFileSync('mount', ['-o', 'remount,ro', folder])
    expect(await text(b.read(p('/f')))).toBe('x')
    expect(await codeOf(b.write(p('/f'), bytesOf('y')))).toBe('READ_ONLY')
    expect(await codeOf(b.mkdir(p('/d')))).toBe('READ_ONLY')
    expect(await codeOf(b.remove(p('/f')))).toBe('READ_ONLY')
    expect(await codeOf(b.trash.put(p('/f'), 'c1'))).toBe('READ_ONLY')
  })

  test('of its own below the root cannot be renamed across, and says so', async () => {
    const { backend: b, host } = await site()
    mkdirSync(host('other'))
    tmpfs(host('other'), '512k')
    await b.write(p('/f'), bytesOf('x'))
    await b.write(p('/other/g'), bytesOf('y'))
    expect(await codeOf(b.rename(p('/f'), p('/other/f')))).toBe('UNSUPPORTED')
    expect(await codeOf(b.trash.put(p('/other/g'), 'c1'))).toBe('UNSUPPORTED')
    expect(await codeOf(b.trash.keep(p('/other/g'), 'c1'))).toBe('UNSUPPORTED')
    expect((await b.copy(p('/f'), p('/other/f'))).size).toBe(1)
    expect(await names(b, p('/other'))).toEqual(['f', 'g'])
  })
})

describe('names that are not UTF-8', () => {
  test('are listed, read, written, moved, removed and put in the trash', async () => {
    const { backend: b, root: folder } = await site()
    const raw = (name: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')])
    mkdirSync(raw('d\xE9'))
    writeFileSync(raw('d\xE9/caf\xE9'), 'content')
    writeFileSync(raw('looks\\xE9'), 'plain')
    expect(await names(b, p('/'))).toEqual(['d\\xE9', 'looks\\x5CxE9'])
    expect(await names(b, p('/d\\xE9'))).toEqual(['caf\\xE9'])
    expect(await text(b.read(p('/d\\xE9/caf\\xE9')))).toBe('content')
    expect(await text(b.read(p('/looks\\x5CxE9')))).toBe('plain')
    await b.write(p('/d\\xE9/caf\\xE9'), bytesOf('changed'))
    await b.rename(p('/d\\xE9/caf\\xE9'), p('/d\\xE9/th\\xE9'))
    expect(readFileSync(raw('d\xE9/th\xE9'), 'utf8')).toBe('changed')
    const inner = await b.locate(p('/d\\xE9/th\\xE9'))
    expect(b.find(inner)).toBe('/d\\xE9/th\\xE9')
    await b.trash.put(p('/d\\xE9'), 'c1')
    await b.trash.back('c1', p('/e\\xE9'))
    await b.remove(p('/e\\xE9'), { recursive: true })
    expect(await names(b, p('/'))).toEqual(['looks\\x5CxE9'])
    expect(await codeOf(b.read(p('/\\xC3\\xA4')))).toBe('INVALID_PATH')
  })

  test('may be as long as the disk takes', async () => {
    const { backend: b, root: folder } = await site()
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.alloc(255, 0xff)]), 'x')
    const [name = ''] = await names(b, p('/'))
    expect(await text(b.read(p(`/${name}`)))).toBe('x')
    await b.remove(p(`/${name}`))
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('names of our own', () => {
  test('are neither listed nor addressable, and go with their folder', async () => {
    const { backend: b, host } = await site()
    mkdirSync(host('d'))
    writeFileSync(host('d/.polymount-c1-x'), 'half')
    expect(await names(b, p('/d'))).toEqual([])
    for (const work of [b.stat(p('/d/.polymount-c1-x')), b.read(p('/d/.polymount-c1-x')), b.mkdir(p('/.polymount-x')), b.rename(p('/d'), p('/.polymount-d'))])
      expect(await codeOf(work)).toBe('INVALID_PATH')
    await b.remove(p('/d'), { recursive: true })
    expect(existsSync(host('d'))).toBe(false)
  })

  test('are left by a killed write, and discarded by its id', async () => {
    const { backend: b, root: folder } = await site()
    const program = `
      import { LocalBackend } from ${JSON.stringify(join(import.meta.dirname, '../../../backends/local/local.ts'))}
      const backend = new LocalBackend({ root: ${JSON.stringify(folder)} })
      const half = (async function* () { yield Buffer.alloc(100_000); process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}) })()
      await backend.write('/f', half, { id: 'c7' })`
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' })).toThrow('Command failed')
    expect(readdirSync(folder)).toHaveLength(1)
    expect(await names(b, p('/'))).toEqual([])
    expect(await b.discard(p('/f'), 'c8')).toBe(false)
    expect(await b.discard(p('/g'), 'c7')).toBe(false)
    expect(await b.discard(p('/f'), 'c7')).toBe(true)
    expect(readdirSync(folder)).toEqual([])
    expect(await codeOf(b.discard(p('/f'), '../x'))).toBe('INVALID_ARGUMENT')
  })
})

describe('the root', () => {
  test('may be that of the machine', async () => {
    const { host, root: folder } = await site()
    const b = new LocalBackend({ root: '/' })
    writeFileSync(host('f'), 'content')
    expect(await text(b.read(p(`${folder}/f`)))).toBe('content')
    expect(await b.locate(p(`${folder}/f`))).toBe(`${folder}/f`)
    expect(b.find(`${folder}/f`)).toBe(`${folder}/f`)
    expect(b.find('/')).toBe('/')
    expect(await codeOf(b.remove(p('/'), { recursive: true }))).toBe('INVALID_ARGUMENT')
    await b[Symbol.asyncDispose]()
  })

  test('may come, go and come back', async () => {
    const { root: folder } = await site()
    const at = join(folder, 'later')
    const b = new LocalBackend({ root: at })
    await expect(b.check()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
    expect(b.find(`${at}/f`)).toBeUndefined()
    mkdirSync(at)
    await b.check()
    await b.write(p('/f'), bytesOf('x'))
    renameSync(at, `${at}2`)
    for (const work of [b.check(), b.stat(p('/f')), b.list(p('/')), b.locate(p('/f'))]) expect(await codeOf(work)).toBe('UNAVAILABLE')
    mkdirSync(at)
    expect(await names(b, p('/'))).toEqual([])
    rmSync(at, { recursive: true })
    renameSync(`${at}2`, at)
    expect(await names(b, p('/'))).toEqual(['f'])
    await b[Symbol.asyncDispose]()
  })

  test('is never written, moved, copied or removed', async () => {
    const { backend: b } = await site()
    await b.write(p('/f'), bytesOf('x'))
    expect(await codeOf(b.rename(p('/'), p('/to')))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(b.rename(p('/f'), p('/')))).toBe('ALREADY_EXISTS')
    expect(await codeOf(b.copy(p('/f'), p('/')))).toBe('ALREADY_EXISTS')
    expect(await codeOf(b.trash.put(p('/'), 'c1'))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(b.discard(p('/'), 'c1'))).toBe('none')
  })
})

describe('large folders', () => {
  test('are read page by page, and show what is new', async () => {
    const { backend: b, host } = await site()
    for (let i = 0; i < 3000; i++) writeFileSync(host(`f${i}`), '')
    const all: string[] = []
    for (let after: string | undefined; ; after = all.at(-1)) {
      const page: string[] = []
      for await (const { name } of b.list(p('/'), { after, details: all.length % 400 === 0 })) if (page.push(name) === 200) break
      all.push(...page)
      if (page.length < 200) break
    }
    expect(all).toHaveLength(3000)
    expect(all).toEqual(all.toSorted())
    for (let i = 0; i < 50; i++) {
      writeFileSync(host(`new${i}`), '')
      expect((await names(b, p('/'))).filter((name) => name.startsWith('new'))).toHaveLength(i + 1)
    }
  })

  test('can be left in the middle', async () => {
    const { backend: b, host } = await site()
    for (let i = 0; i < 20; i++) writeFileSync(host(`f${i}`), '')
    const call = new AbortController()
    const listed: string[] = []
    const list = (async () => {
      for await (const { name } of b.list(p('/'), { signal: call.signal })) if (listed.push(name) === 5) call.abort()
    })()
    expect(await codeOf(list)).toBe('CANCELLED')
    expect(listed).toHaveLength(5)
  })
})

test('a tree deeper than a path can say is removed', async () => {
  const { backend: b, root: folder } = await site()
  const chain = (top: string): string => [top, ...Array.from({ length: 30 }, () => 'n'.repeat(100))].join('/')
  for (const top of ['a', 'b']) for (let depth = 1; depth <= 31; depth++) await b.mkdir(p(`/${chain(top).split('/').slice(0, depth).join('/')}`))
  await b.rename(p('/a'), p(`/${chain('b')}/a`))
  await b.remove(p('/b'), { recursive: true })
  expect(readdirSync(folder)).toEqual([])
})

test('descriptors are given back, whatever happens', async () => {
  const { backend: b, host } = await site()
  const open = (): number => readdirSync('/proc/self/fd').length
  const before = open()
  mkdirSync(host('d/e'), { recursive: true })
  for (let i = 0; i < 150; i++) {
    mkdirSync(host(`d${i}`))
    await b.write(p(`/d${i}/f`), bytesOf('x'))
    for (const work of [b.stat(p('/no/no')), b.read(p('/d')), b.list(p(`/d${i}/f`)), b.write(p('/d'), bytesOf('x')), b.rename(p('/d'), p('/d/e/f'))])
      await codeOf(work)
    const reader = b.read(p(`/d${i}/f`))[Symbol.asyncIterator]()
    await reader.next()
    await reader.return?.()
    await b.trash.put(p(`/d${i}/f`), `c${i}`)
    await b.trash.back(`c${i}`, p(`/d${i}/f`))
  }
  expect(open()).toBeLessThan(before + 140)
  await b[Symbol.asyncDispose]()
  await expect.poll(open).toBeLessThanOrEqual(before)
})

test('descriptors are given back of a root that may not be served', async () => {
  const { root: folder, outside } = await site()
  const b = new LocalBackend({ root: folder, within: outside })
  const open = (): number => readdirSync('/proc/self/fd').length
  const before = open()
  for (let i = 0; i < 50; i++) expect(await codeOf(b.stat(p('/f')))).toBe('OUTSIDE_ROOT')
  expect(open()).toBeLessThan(before + 10)
  await b[Symbol.asyncDispose]()
})

test('no message tells of the machine outside', async () => {
  const { backend: b, root: folder, host } = await site()
  mkdirSync(host('d'))
  writeFileSync(host('f'), 'x')
  execFileSync('mkfifo', [host('pipe')])
  const works = [
    b.stat(p('/no')),
    b.read(p('/d')),
    b.read(p('/pipe')),
    b.list(p('/f')),
    b.mkdir(p('/f')),
    b.rename(p('/f'), p('/d')),
    b.rename(p('/d'), p('/d/e')),
    b.remove(p('/')),
    b.trash.back('c1', p('/f')),
    b.stat(p('/.polymount-x')),
  ]
  for (const work of works) {
    const error = await (Symbol.asyncIterator in work ? content(work as AsyncIterable<Uint8Array>) : work).then(
      () => undefined,
      (failed: unknown) => failed,
    )
    if (!(error instanceof VfsError)) throw new Error('it should have failed')
    for (const said of [error.message, error.hint, error.path ?? '', JSON.stringify(error.details)])
      expect(said).not.toMatch(new RegExp(`${folder}|/proc|/tmp|node_modules`))
  }
})

test('a time set to the past hides no change', async () => {
  const { backend: b, host } = await site()
  writeFileSync(host('f'), 'one')
  utimesSync(host('f'), 1000, 1000)
  const { etag } = await b.stat(p('/f'))
  writeFileSync(host('f'), 'two')
  utimesSync(host('f'), 1000, 1000)
  expect(await b.matches(p('/f'), etag)).toBe(false)
})

test.each([40_000, 100 * 1024 * 1024 + 7])('%i bytes of a source that writes each part over once the next is asked for arrive whole', async (size) => {
  const { backend: b } = await site()
  const bytes = noise(size)
  await b.write(p('/f'), overwriting(bytes, Math.ceil(size / 101)))
  expect((await content(b.read(p('/f')))).equals(bytes)).toBe(true)
})

test('a source that dies while the disk is still being flushed leaves nothing', async () => {
  const { backend: b, host } = await site()
  const source = async function* () {
    yield* overwriting(noise(70 * 1024 * 1024), 1024 * 1024)
    throw new Error('gone')
  }
  expect(await codeOf(b.write(p('/f'), source()))).toBe('SOURCE_FAILED')
  expect(readdirSync(host('.'))).toEqual([])
})

/** All parts are of one memory. */
async function* overwriting(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(length)
  for (let at = 0; at < bytes.length; at += length) {
    const part = bytes.subarray(at, at + length)
    memory.set(part)
    yield memory.subarray(0, part.length)
  }
}
