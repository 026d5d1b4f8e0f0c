import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, names, text } from '../../contract/support.ts'
import { requires } from '../../support/requires.ts'
import { isRoot, type Site, site, tmpfs } from './site.ts'

const root = requires('root, to mount', () => isRoot)

/** A served home with the data folder in it. */
async function home(): Promise<Site & { readonly data: string }> {
  const bare = await site()
  const data = bare.host('share/polymount')
  mkdirSync(join(data, 'files'), { recursive: true })
  writeFileSync(join(data, 'journal.db'), 'never opened')
  const backend = new LocalBackend({ root: bare.root, dataFolder: data })
  onTestFinished(() => backend[Symbol.asyncDispose]())
  return { ...bare, backend, data }
}

describe('the data folder', () => {
  test('is not shown, read or written, by any name', async () => {
    const { backend: b, data, host } = await home()
    symlinkSync(data, host('link'))
    symlinkSync('share/polymount/journal.db', host('file'))
    writeFileSync(host('share/beside'), 'x')
    expect(await names(b, p('/share'))).toEqual(['beside'])
    for (const path of ['/share/polymount', '/link']) {
      for (const work of [
        b.list(p(path)),
        b.read(p(`${path}/journal.db`)),
        b.stat(p(`${path}/journal.db`)),
        b.mkdir(p(`${path}/new`)),
        b.remove(p(`${path}/journal.db`)),
      ])
        expect([path, await codeOf(work)]).toEqual([path, 'DENIED'])
      expect(await codeOf(b.write(p(`${path}/new`), bytesOf('x')))).toBe('DENIED')
    }
    expect(await codeOf(b.read(p('/file')))).toBe('DENIED')
    expect(readdirSync(data).toSorted()).toEqual(['files', 'journal.db'])
  })

  test('does not go with a folder above it', async () => {
    const { backend: b, data } = await home()
    for (const path of ['/share', '/share/polymount']) {
      expect(await codeOf(b.remove(p(path), { recursive: true }))).toBe('DENIED')
      expect(await codeOf(b.rename(p(path), p('/moved')))).toBe('DENIED')
      expect(await codeOf(b.trash.put(p(path), 'c1'))).toBe('DENIED')
    }
    expect(existsSync(join(data, 'journal.db'))).toBe(true)
  })

  test('is known by its number when it is moved', async () => {
    const { backend: b, data, host } = await home()
    renameSync(data, host('elsewhere'))
    expect(await names(b, p('/'))).toEqual(['share'])
    expect(await codeOf(b.read(p('/elsewhere/journal.db')))).toBe('DENIED')
  })

  test('is known by its number under another mount', async (context) => {
    await root(context)
    const { backend: b, data, host } = await home()
    mkdirSync(host('bound'))
    execFileSync('mount', ['--bind', data, host('bound')])
    onTestFinished(() => void execFileSync('umount', ['-l', host('bound')]))
    expect(await codeOf(b.read(p('/bound/journal.db')))).toBe('DENIED')
    expect(await codeOf(b.remove(p('/bound'), { recursive: true }))).toBe('DENIED')
    expect(existsSync(join(data, 'journal.db'))).toBe(true)
  })

  test('is served in no part but files/', async () => {
    const { data } = await home()
    mkdirSync(join(data, 'run'))
    for (const inner of ['', 'run']) {
      const b = new LocalBackend({ root: join(data, inner), dataFolder: data })
      expect(await codeOf(b.check())).toBe('DENIED')
      await b[Symbol.asyncDispose]()
    }
    const files = new LocalBackend({ root: join(data, 'files'), dataFolder: data })
    await files.write(p('/f'), bytesOf('x'))
    expect(await codeOf(files.read(p('/..%2Fjournal.db')))).toBe('NOT_FOUND')
    await files[Symbol.asyncDispose]()
  })
})

describe('the trash', () => {
  test('lies in the data folder where one rename reaches it', async () => {
    const { backend: b, data, root: folder } = await home()
    await b.write(p('/f'), bytesOf('x'))
    await b.trash.put(p('/f'), 'c1')
    expect(readdirSync(join(data, 'trash'))).toContain('c1')
    expect(readdirSync(folder)).toEqual(['share'])
  })

  test('lies hidden in the served root where that is another disk', async (context) => {
    await root(context)
    const bare = await site()
    const served = join(bare.outside, 'served')
    mkdirSync(served)
    tmpfs(served, '512k')
    const b = new LocalBackend({ root: served, dataFolder: bare.root })
    await b.write(p('/f'), bytesOf('x'))
    await b.trash.put(p('/f'), 'c1')
    expect(await names(b, p('/'))).toEqual([])
    expect(readdirSync(served)).toEqual([expect.stringMatching(/^\.polymount-trash-/)])
    await b.trash.back('c1', p('/f'))
    expect(await text(b.read(p('/f')))).toBe('x')
    await b[Symbol.asyncDispose]()
  })

  test('lies hidden in a served root that is mounted twice', async (context) => {
    await root(context)
    const bare = await site()
    const bound = join(bare.outside, 'bound')
    mkdirSync(bound)
    mkdirSync(bare.host('served'))
    execFileSync('mount', ['--bind', bare.host('served'), bound])
    onTestFinished(() => void execFileSync('umount', ['-l', bound]))
    const b = new LocalBackend({ root: bound, dataFolder: bare.root })
    await b.write(p('/f'), bytesOf('x'))
    await b.trash.put(p('/f'), 'c1')
    expect(readdirSync(bound)).toEqual([expect.stringMatching(/^\.polymount-trash-/)])
    await b[Symbol.asyncDispose]()
  })

  test('is ignored by version control, and not a place of agents', async () => {
    const { backend: b, host } = await site()
    await b.write(p('/f'), bytesOf('x'))
    await b.trash.put(p('/f'), 'c1')
    execFileSync('git', ['init', '-q'], { cwd: host('') })
    expect(execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: host(''), encoding: 'utf8' })).toBe('')
    const hidden = readdirSync(host('')).find((name) => name.startsWith('.polymount-'))
    expect(await codeOf(b.list(p(`/${hidden}`)))).toBe('INVALID_PATH')
  })

  test('takes nothing out of the served folder by a link that came with it', async () => {
    const { backend: b, host, outside } = await site()
    await b.write(p('/f'), bytesOf('x'))
    await b.trash.put(p('/f'), 'c1')
    const [hidden = ''] = readdirSync(host(''))
    rmSync(host(hidden), { recursive: true })
    symlinkSync(outside, host(hidden))
    const planted = new LocalBackend({ root: host('') })
    await planted.write(p('/f'), bytesOf('x'))
    expect(await codeOf(planted.trash.put(p('/f'), 'c2'))).toBe('OUTSIDE_ROOT')
    expect(await codeOf(planted.trash.keep(p('/f'), 'c2'))).toBe('OUTSIDE_ROOT')
    expect(await text(planted.read(p('/f')))).toBe('x')
    expect(readdirSync(outside)).toEqual([])
    await planted[Symbol.asyncDispose]()
  })

  test('gives back what it did not mean to take', async () => {
    let armed = false
    const { backend: b, host } = await site({
      clock: (time) => {
        if (armed) renameSync(host('other'), host('f'))
        armed = false
        return time
      },
    })
    const { etag } = await b.write(p('/f'), bytesOf('expected'))
    writeFileSync(host('other'), 'of another program')
    armed = true
    expect(await codeOf(b.trash.put(p('/f'), 'c1', { ifMatch: etag }))).toBe('CONFLICT')
    expect(await text(b.read(p('/f')))).toBe('of another program')
    expect(await codeOf(b.trash.back('c1', p('/g')))).toBe('NOT_FOUND')
  })

  test('keeps no file that can be changed by another name', async () => {
    const { backend: b, host } = await site()
    writeFileSync(host('f'), 'x')
    linkSync(host('f'), host('g'))
    const kept = await codeOf(b.trash.keep(p('/f'), 'c1'))
    writeFileSync(host('g'), 'changed')
    // Where the disk can share bytes between files, what is kept is a file of its own.
    const what = kept === 'UNSUPPORTED' ? kept : await text(b.trash.contents.read(p('/c1')))
    expect(['UNSUPPORTED', 'x']).toContain(what)
  })

  test('refuses ids that are no ids', async () => {
    const { backend: b } = await site()
    await b.write(p('/f'), bytesOf('x'))
    for (const id of ['', '..', 'a/b', '.gitignore', 'x'.repeat(65)]) expect(await codeOf(b.trash.put(p('/f'), id))).toBe('INVALID_ARGUMENT')
  })

  test('takes over a folder that was moved away meanwhile only where it stood', async () => {
    const { backend: b, host } = await site()
    mkdirSync(host('d/e'), { recursive: true })
    await b.write(p('/d/e/f'), bytesOf('x'))
    await b.trash.put(p('/d'), 'c1')
    mkdirSync(host('d/e'), { recursive: true })
    await b.write(p('/d/e/f'), bytesOf('new'))
    expect(await text(b.trash.contents.read(p('/c1/e/f')))).toBe('x')
  })
})
