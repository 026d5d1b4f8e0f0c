import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, names, text } from '../../contract/support.ts'
import { site } from './site.ts'

/** Another program that changes the folder `d` into a link to `target` and back, as fast as it can. */
async function swapper(root: string, target: string): Promise<ChildProcess> {
  const program = `
    const { renameSync, symlinkSync, unlinkSync } = require('node:fs')
    process.chdir(${JSON.stringify(root)})
    process.stdout.write('ready')
    for (;;) {
      renameSync('d', 'aside'); symlinkSync(${JSON.stringify(target)}, 'd')
      unlinkSync('d'); renameSync('aside', 'd')
    }`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
  await once(child.stdout, 'data')
  return child
}

/** What a path may be called that is something else at every look; a link that is new each time seems to have no end. */
const REFUSALS = ['NOT_FOUND', 'OUTSIDE_ROOT', 'NOT_DIRECTORY', 'LINK_LOOP', 'CONFLICT', 'UNAVAILABLE']

describe('a folder that another program swaps for a link to outside', () => {
  test('never shows what is outside', async () => {
    const { backend: b, root, host, outside } = await site()
    mkdirSync(host('d'))
    writeFileSync(host('d/f'), 'inside')
    writeFileSync(join(outside, 'f'), 'secret')
    writeFileSync(join(outside, 'only outside'), '')
    await swapper(root, outside)
    const seen = new Set<string>()
    for (let i = 0; i < 3000; i++) {
      seen.add(await text(b.read(p('/d/f'))).catch((error: { code: string }) => error.code))
      if (i % 10 === 0)
        seen.add(
          await names(b, p('/d')).then(
            (all) => all.join(),
            (error: { code: string }) => error.code,
          ),
        )
    }
    expect(seen).toContain('inside')
    for (const what of seen) expect(['inside', 'f', ...REFUSALS]).toContain(what)
  })

  test('never takes a change out', async () => {
    const { backend: b, root, host, outside } = await site()
    mkdirSync(host('d'))
    writeFileSync(join(outside, 'f'), 'secret')
    mkdirSync(join(outside, 'folder'))
    await swapper(root, outside)
    const ends = new Set<string>()
    for (let i = 0; i < 400; i++) {
      ends.add(await codeOf(b.write(p('/d/f'), bytesOf(`ours ${i}`))))
      ends.add(await codeOf(b.mkdir(p('/d/made'))))
      ends.add(await codeOf(b.rename(p('/d/f'), p('/d/g'))))
      ends.add(await codeOf(b.remove(p('/d/g'))))
      ends.add(await codeOf(b.remove(p('/d/folder'), { recursive: true })))
    }
    expect(ends).toContain('none')
    // OUTCOME_UNKNOWN: it took place, and the folder was swapped before that was durable.
    for (const end of ends) expect(['none', 'ALREADY_EXISTS', 'OUTCOME_UNKNOWN', ...REFUSALS]).toContain(end)
    expect(readdirSync(outside).toSorted()).toEqual(['f', 'folder'])
    expect(readFileSync(join(outside, 'f'), 'utf8')).toBe('secret')
  })
})

describe('in the middle of a write', () => {
  test('the folder becomes a link to outside: nothing is written there', async () => {
    const { backend: b, host, outside } = await site()
    mkdirSync(host('d'))
    const swap = async (): Promise<void> => {
      renameSync(host('d'), host('aside'))
      symlinkSync(outside, host('d'))
    }
    expect(await codeOf(b.write(p('/d/f'), bytesOf('x'), { staged: swap }))).toBe('CONFLICT')
    expect(readdirSync(outside)).toEqual([])
    expect(readdirSync(host('aside'))).toEqual([])
  })

  test('the folder is moved or removed: the caller hears of it', async () => {
    const { backend: b, host } = await site()
    mkdirSync(host('d'))
    mkdirSync(host('e'))
    expect(await codeOf(b.write(p('/d/f'), bytesOf('x'), { staged: async () => renameSync(host('d'), host('moved')) }))).toBe('CONFLICT')
    expect(await codeOf(b.write(p('/e/f'), bytesOf('x'), { staged: async () => rmSync(host('e'), { recursive: true }) }))).toBe('CONFLICT')
    expect(readdirSync(host('moved'))).toEqual([])
    await b.mkdir(p('/d'))
    expect(await codeOf(b.write(p('/d/f'), bytesOf('x')))).toBe('none')
    expect(readFileSync(host('d/f'), 'utf8')).toBe('x')
  })

  test('the file vanishes: a write goes on, a guarded one does not', async () => {
    const { backend: b, host } = await site()
    const { etag } = await b.write(p('/f'), bytesOf('before'))
    const vanish = async (): Promise<void> => unlinkSync(host('f'))
    expect(await codeOf(b.write(p('/f'), bytesOf('after'), { ifMatch: etag, staged: vanish }))).toBe('CONFLICT')
    expect(await names(b, p('/'))).toEqual([])
    writeFileSync(host('f'), 'again')
    expect(await codeOf(b.write(p('/f'), bytesOf('after'), { staged: vanish }))).toBe('none')
    expect(await text(b.read(p('/f')))).toBe('after')
  })

  test('the file becomes a folder or a link: it stays what it is', async () => {
    const { backend: b, host, outside } = await site()
    writeFileSync(host('f'), 'x')
    const folder = async (): Promise<void> => {
      unlinkSync(host('f'))
      mkdirSync(host('f'))
    }
    expect(await codeOf(b.write(p('/f'), bytesOf('y'), { staged: folder }))).toBe('IS_DIRECTORY')
    writeFileSync(join(outside, 'g'), 'secret')
    const link = async (): Promise<void> => symlinkSync(join(outside, 'g'), host('g'))
    expect(await codeOf(b.write(p('/g'), bytesOf('y'), { staged: link }))).toBe('CONFLICT')
    expect(readFileSync(join(outside, 'g'), 'utf8')).toBe('secret')
    expect(await names(b, p('/'))).toEqual(['f', 'g'])
  })

  test('another program changes the file at the last moment: what it wrote is handed over', async () => {
    let armed = false
    const { backend: b, host } = await site({
      clock: (time) => {
        // Called while the file is looked at for the last time before the rename.
        if (armed) writeFileSync(host('f'), 'in the last moment')
        armed = false
        return time
      },
    })
    const { etag } = await b.write(p('/f'), bytesOf('before'))
    const late: string[] = []
    await b.write(p('/f'), bytesOf('ours'), {
      staged: async () => void (armed = true),
      replacedLate: async (bytes) => void late.push(await text(bytes)),
    })
    expect(late).toEqual(['in the last moment'])
    expect(await text(b.read(p('/f')))).toBe('ours')
    await b.write(p('/f'), bytesOf('quiet'), { replacedLate: async () => expect.unreachable() })
    expect(await b.matches(p('/f'), etag)).toBe(false)
  })

  test('another program makes the file at the last moment: it is replaced like any other, or left', async () => {
    const { backend: b, host } = await site()
    const create = async (): Promise<void> => writeFileSync(host('f'), 'theirs')
    expect(await codeOf(b.write(p('/f'), bytesOf('ours'), { ifNoneMatch: '*', staged: create }))).toBe('CONFLICT')
    expect(await text(b.read(p('/f')))).toBe('theirs')
  })
})
