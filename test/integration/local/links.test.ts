import { existsSync, linkSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, names, text } from '../../contract/support.ts'
import { site } from './site.ts'

describe('links that stay inside', () => {
  test('are followed, however they are written', async () => {
    const { backend: b, root, host } = await site()
    mkdirSync(host('a/b'), { recursive: true })
    writeFileSync(host('a/b/f'), 'content')
    const texts = ['a/b/f', './a//b/./f', `${root}/a/b/f`, '../root/a/b/f', 'a/b/../b/f', `${root}/../root/a/b/f`]
    for (const [i, target] of texts.entries()) {
      symlinkSync(target, host(`l${i}`))
      expect([target, await text(b.read(p(`/l${i}`)))]).toEqual([target, 'content'])
      expect(await b.stat(p(`/l${i}`))).toMatchObject({ kind: 'file', size: 7 })
    }
    symlinkSync('../..', host('a/b/up'))
    symlinkSync('a/b', host('folder'))
    expect(await names(b, p('/folder'))).toEqual(['f', 'up'])
    expect(await text(b.read(p('/folder/up/a/b/up/folder/f')))).toBe('content')
    expect((await b.stat(p('/a/b/up'))).kind).toBe('directory')
    await b.mkdir(p('/folder'))
  })

  test('are followed by a write, and stay links', async () => {
    const { backend: b, host } = await site()
    mkdirSync(host('a'))
    writeFileSync(host('a/f'), 'before')
    symlinkSync('a/f', host('l'))
    await b.write(p('/l'), bytesOf('after'))
    expect(readFileSync(host('a/f'), 'utf8')).toBe('after')
    expect(readlinkSync(host('l'))).toBe('a/f')
    expect(await names(b, p('/'))).toEqual(['a', 'l'])
  })

  test('have the place of what they lead to, and one of their own', async () => {
    const { backend: b, root, host } = await site()
    mkdirSync(host('a'))
    writeFileSync(host('a/f'), 'x')
    symlinkSync('a', host('l'))
    symlinkSync('f', host('a/m'))
    expect(await b.locate(p('/l/f'))).toBe(`${root}/a/f`)
    expect(await b.locate(p('/l/m'))).toBe(`${root}/a/f`)
    expect(await b.locate(p('/l/m'), { itself: true })).toBe(`${root}/a/m`)
    expect(await b.locate(p('/l/new/below'))).toBe(`${root}/a/new/below`)
    const inner = new LocalBackend({ root: host('a') })
    expect(await inner.locate(p('/f'))).toBe(`${root}/a/f`)
    expect(inner.volume).toBe(b.volume)
    expect(inner.find(`${root}/b`)).toBeUndefined()
    expect(inner.find(`${root}/a_secret`)).toBeUndefined()
    await inner[Symbol.asyncDispose]()
  })

  test('are themselves listed, removed, moved and put in the trash', async () => {
    const { backend: b, host } = await site()
    writeFileSync(host('f'), 'x')
    for (const name of ['l1', 'l2', 'l3']) symlinkSync('f', host(name))
    const entries = await Array.fromAsync(b.list(p('/'), { details: true }))
    expect(entries.map(({ kind }) => kind)).toEqual(['file', 'link', 'link', 'link'])
    const own = entries[1]?.etag ?? ''
    for (const etag of [own, (await b.stat(p('/l1'))).etag]) expect(await b.matches(p('/l1'), etag)).toBe(true)
    expect(await b.matches(p('/f'), own)).toBe(false)
    await b.remove(p('/l1'), { ifMatch: own })
    await b.rename(p('/l2'), p('/m2'))
    expect(await b.trash.put(p('/l3'), 'c1')).toMatchObject({ kind: 'link' })
    expect(await names(b, p('/'))).toEqual(['f', 'm2'])
    await b.trash.back('c1', p('/l3'))
    expect(readlinkSync(host('l3'))).toBe('f')
    expect(readFileSync(host('f'), 'utf8')).toBe('x')
  })
})

describe('links that lead outside', () => {
  test('are seen as links and lead nowhere', async () => {
    const { backend: b, host, outside } = await site()
    writeFileSync(join(outside, 'f'), 'secret')
    const texts = [outside, '../root_secret', '/etc', '/', '..', '../..', '/proc/self/root', `/proc/self/cwd`]
    for (const [i, target] of texts.entries()) {
      symlinkSync(target, host(`l${i}`))
      const stat = await b.stat(p(`/l${i}`))
      expect(stat.kind).toBe('link')
      expect(await b.matches(p(`/l${i}`), stat.etag)).toBe(true)
      for (const work of [b.read(p(`/l${i}/f`)), b.list(p(`/l${i}`)), b.stat(p(`/l${i}/f`)), b.mkdir(p(`/l${i}/new`)), b.remove(p(`/l${i}/f`))]) {
        expect([target, await codeOf(work)]).toEqual([target, 'OUTSIDE_ROOT'])
      }
      expect(await codeOf(b.write(p(`/l${i}/f`), bytesOf('x')))).toBe('OUTSIDE_ROOT')
      expect(await codeOf(b.mkdir(p(`/l${i}`)))).toBe('OUTSIDE_ROOT')
      expect(await codeOf(b.locate(p(`/l${i}/f`)))).toBe('OUTSIDE_ROOT')
    }
    symlinkSync(join(outside, 'f'), host('file'))
    expect(await codeOf(b.read(p('/file')))).toBe('OUTSIDE_ROOT')
    expect(await codeOf(b.write(p('/file'), bytesOf('x')))).toBe('OUTSIDE_ROOT')
    expect(await codeOf(b.copy(p('/file'), p('/copied')))).toBe('OUTSIDE_ROOT')
    expect(await codeOf(b.trash.keep(p('/file'), 'c1'))).toBe('OUTSIDE_ROOT')
    expect(await codeOf(b.rename(p('/file'), p('/l0/f')))).toBe('OUTSIDE_ROOT')
    expect(readFileSync(join(outside, 'f'), 'utf8')).toBe('secret')
  })

  test('are removed with their folder, and what they lead to is not', async () => {
    const { backend: b, host, outside } = await site()
    writeFileSync(join(outside, 'f'), 'secret')
    mkdirSync(host('a/b'), { recursive: true })
    symlinkSync(outside, host('a/b/l'))
    await b.remove(p('/a'), { recursive: true })
    expect(existsSync(host('a'))).toBe(false)
    expect(readFileSync(join(outside, 'f'), 'utf8')).toBe('secret')
  })
})

describe('links that lead nowhere', () => {
  test('are links, and nothing is made through them', async () => {
    const { backend: b, host } = await site()
    symlinkSync('missing', host('dangling'))
    symlinkSync('missing/below', host('deeper'))
    symlinkSync('round', host('round'))
    symlinkSync('ping', host('pong'))
    symlinkSync('pong', host('ping'))
    for (const name of ['dangling', 'deeper', 'round', 'ping']) {
      expect((await b.stat(p(`/${name}`))).kind).toBe('link')
      expect(['NOT_FOUND', 'LINK_LOOP']).toContain(await codeOf(b.write(p(`/${name}`), bytesOf('x'))))
      expect(['NOT_FOUND', 'LINK_LOOP']).toContain(await codeOf(b.read(p(`/${name}`))))
      expect(['ALREADY_EXISTS', 'LINK_LOOP']).toContain(await codeOf(b.mkdir(p(`/${name}`))))
    }
    expect(await codeOf(b.read(p('/round')))).toBe('LINK_LOOP')
    expect(await codeOf(b.list(p('/ping')))).toBe('LINK_LOOP')
    expect(existsSync(host('missing'))).toBe(false)
    await b.remove(p('/round'))
    expect(await names(b, p('/'))).toEqual(['dangling', 'deeper', 'ping', 'pong'])
  })

  test('in a chain of forty are followed, in a longer one not', async () => {
    const { backend: b, host } = await site()
    writeFileSync(host('l0'), 'end')
    for (let i = 1; i <= 41; i++) symlinkSync(`l${i - 1}`, host(`l${i}`))
    expect(await text(b.read(p('/l40')))).toBe('end')
    expect(await codeOf(b.read(p('/l41')))).toBe('LINK_LOOP')
  })
})

test('a write never goes through a hard link', async () => {
  const { backend: b, host, outside } = await site()
  writeFileSync(join(outside, 'f'), 'theirs')
  linkSync(join(outside, 'f'), host('f'))
  await b.write(p('/f'), bytesOf('ours'))
  expect(readFileSync(join(outside, 'f'), 'utf8')).toBe('theirs')
  expect(readFileSync(host('f'), 'utf8')).toBe('ours')
  expect(lstatSync(join(outside, 'f')).nlink).toBe(1)
})
