import { setImmediate as breathe } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Backend, Capabilities } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { isCode, VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { aborted, codeOf, content, dying, names, noise, silent, text } from '../support.ts'
import { overwriting } from '../../support/content.ts'

const MIB = 1024 * 1024

export function writing(make: () => Promise<Backend>, capabilities: Capabilities): void {
  describe('writing', () => {
    test('creates and replaces', async () => {
      await using b = await make()
      const first = await b.write(p('/f'), bytesOf('hello ', 'world'))
      expect(first).toMatchObject({ kind: 'file', size: 11 })
      expect(await b.matches(p('/f'), first.etag)).toBe(true)
      const second = await b.write(p('/f'), bytesOf('short'))
      expect(second.size).toBe(5)
      expect(await text(b.read(p('/f')))).toBe('short')
      expect(await b.matches(p('/f'), first.etag)).toBe(false)
      expect(await b.matches(p('/f'), second.etag)).toBe(true)
      expect(await names(b, p('/'))).toEqual(['f'])
    })

    test('takes a content of no bytes, of many parts and of empty parts', async () => {
      await using b = await make()
      expect((await b.write(p('/empty'), bytesOf())).size).toBe(0)
      expect(await text(b.read(p('/empty')))).toBe('')
      const parts = Array.from({ length: 3000 }, (_, i) => String(i % 10))
      await b.write(p('/many'), bytesOf(...parts))
      expect(await text(b.read(p('/many')))).toBe(parts.join(''))
      await b.write(p('/gaps'), bytesOf('', 'a', '', 'b', ''))
      expect(await text(b.read(p('/gaps')))).toBe('ab')
    })

    test('takes a large content in parts of odd sizes', async () => {
      await using b = await make()
      const bytes = noise(2 * MIB + 11)
      const parts = [0, 1, 70_000, 70_001, MIB, 2 * MIB + 11].map((from, i, all) => bytes.subarray(from, all[i + 1] ?? bytes.length))
      expect((await b.write(p('/f'), bytesOf(...parts))).size).toBe(bytes.length)
      expect((await content(b.read(p('/f')))).equals(bytes)).toBe(true)
    })

    test('takes uneven parts, and if it says so those that are written over when the next one is asked for', async () => {
      await using b = await make()
      const bytes = noise(3 * MIB + 11)
      const parts = Array.from({ length: 7 }, (_, i) => bytes.subarray(i * 500_000, (i + 1) * 500_000))
      const source = bytesOf(...parts)
      await b.write(p('/f'), b.usesUp ? overwriting(source) : source)
      expect((await content(b.read(p('/f')))).equals(bytes)).toBe(true)
    })

    test('gives every content of the same size another etag, however fast they follow', async () => {
      await using b = await make()
      const seen: string[] = []
      for (let i = 0; i < 40; i++) seen.push((await b.write(p('/f'), bytesOf(`content ${i % 10}${i}`.slice(0, 9) + String(i).padStart(2, '0')))).etag)
      expect(new Set(seen).size).toBe(40)
      expect(await b.matches(p('/f'), seen.at(-1) ?? '')).toBe(true)
      expect(await b.matches(p('/f'), seen.at(-2) ?? '')).toBe(false)
    })

    test('needs a folder to write into, and no folder to write onto', async () => {
      await using b = await make()
      await b.mkdir(p('/folder'))
      await b.write(p('/f'), bytesOf('x'))
      expect(await codeOf(b.write(p('/no/f'), bytesOf('y')))).toBe('NOT_FOUND')
      expect(await codeOf(b.write(p('/f/below'), bytesOf('y')))).toBe('NOT_DIRECTORY')
      expect(await codeOf(b.write(p('/folder'), bytesOf('y')))).toBe('IS_DIRECTORY')
      expect(await codeOf(b.write(p('/'), bytesOf('y')))).toBe('IS_DIRECTORY')
      expect(await text(b.read(p('/f')))).toBe('x')
    })

    test.each([
      ['at once', []],
      ['after a part', ['half']],
      ['after a lot', [noise(2 * MIB)]],
    ])('leaves what was there when the source dies %s', async (_, parts) => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('before'))
      await expect(b.write(p('/f'), dying(...parts))).rejects.toMatchObject({ code: 'SOURCE_FAILED', cause: { message: 'source died' } })
      await expect(b.write(p('/new'), dying(...parts))).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
      expect(await text(b.read(p('/f')))).toBe('before')
      expect(await names(b, p('/'))).toEqual(['f'])
    })

    test('hands on the error of a source that is a storage', async () => {
      await using b = await make()
      const broken = (async function* () {
        yield Buffer.from('half')
        throw new VfsError('UNAVAILABLE', 'the other storage is down')
      })()
      await expect(b.write(p('/f'), broken)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
      expect(await names(b, p('/'))).toEqual([])
    })

    test('ends with the call, even while its source is silent', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('before'))
      expect(await codeOf(b.write(p('/f'), bytesOf('x'), { signal: aborted() }))).toBe('CANCELLED')
      const { bytes, reached } = silent('half')
      const call = new AbortController()
      const write = codeOf(b.write(p('/f'), bytes, { signal: call.signal }))
      await reached
      call.abort()
      expect(await write).toBe('CANCELLED')
      expect(await text(b.read(p('/f')))).toBe('before')
      expect(await names(b, p('/'))).toEqual(['f'])
    })

    test('closes a source that it does not finish', async () => {
      await using b = await make()
      const begun = Promise.withResolvers<void>()
      const closed = Promise.withResolvers<void>()
      const source = (async function* () {
        try {
          for (;;) {
            begun.resolve()
            yield noise(1000)
            await breathe()
          }
        } finally {
          closed.resolve()
        }
      })()
      const call = new AbortController()
      const write = codeOf(b.write(p('/f'), source, { signal: call.signal }))
      await begun.promise
      call.abort()
      expect(await write).toBe('CANCELLED')
      await closed.promise
    })

    test('discards nothing where nothing was interrupted', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('x'), { id: 'c1' })
      expect(await b.discard(p('/f'), 'c1')).toBe(false)
      expect(await b.discard(p('/no/f'), 'c1')).toBe(false)
      expect(await text(b.read(p('/f')))).toBe('x')
    })

    if (capabilities.modes)
      test('makes a folder with these permission bits, and never one that its owner cannot use', async () => {
        await using b = await make()
        await b.mkdir(p('/private'), { mode: 0o700 })
        await b.mkdir(p('/odd'), { mode: 0o050 })
        expect([(await b.stat(p('/private'))).mode, (await b.stat(p('/odd'))).mode]).toEqual([0o700, 0o750])
        await b.mkdir(p('/private'), { mode: 0o755 })
        expect((await b.stat(p('/private'))).mode).toBe(0o700)
      })

    if (capabilities.modes)
      test('keeps permission bits over a write, unless told others', async () => {
        await using b = await make()
        await b.write(p('/script'), bytesOf('#!/bin/sh'), { mode: 0o750 })
        expect((await b.stat(p('/script'))).mode).toBe(0o750)
        expect((await b.write(p('/script'), bytesOf('#!/bin/sh\ntrue'))).mode).toBe(0o750)
        expect((await b.write(p('/script'), bytesOf('true'), { mode: 0o600 })).mode).toBe(0o600)
        expect((await b.stat(p('/script'))).mode).toBe(0o600)
      })

    test('gives a reader one content to its end, or says that it cannot', async () => {
      await using b = await make()
      const before = noise(3 * MIB, 5)
      const { etag } = await b.write(p('/f'), bytesOf(before))
      const iterator = b.read(p('/f'), { ifMatch: etag })[Symbol.asyncIterator]()
      const first = await iterator.next()
      await b.write(p('/f'), bytesOf(noise(3 * MIB, 6)))
      const rest = { [Symbol.asyncIterator]: () => iterator }
      const outcome = await content(rest).then(
        (more) => (Buffer.concat([first.value as Uint8Array, more]).equals(before) ? 'one content' : 'a mixture'),
        (error: unknown) => (isCode(error, 'CONFLICT') ? 'refused' : error),
      )
      expect(['one content', 'refused']).toContain(outcome)
    })
  })
}

export function conditions(make: () => Promise<Backend>): void {
  const racers = (b: Backend, options: object) => Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(b.write(p('/f'), bytesOf(`writer ${i}`), options))))
  const oneWinner = [...Array.from({ length: 19 }, () => 'CONFLICT'), 'none']

  describe('preconditions', () => {
    test('writes only over the content that was expected', async () => {
      await using b = await make()
      const first = await b.write(p('/f'), bytesOf('one'))
      const second = await b.write(p('/f'), bytesOf('two'), { ifMatch: first.etag })
      expect(await codeOf(b.write(p('/f'), bytesOf('three'), { ifMatch: first.etag }))).toBe('CONFLICT')
      expect(await text(b.read(p('/f')))).toBe('two')
      expect(await codeOf(b.write(p('/f'), bytesOf('four'), { ifMatch: '*' }))).toBe('none')
      expect(await codeOf(b.remove(p('/f'), { ifMatch: second.etag }))).toBe('CONFLICT')
      const { etag } = await b.stat(p('/f'))
      await b.remove(p('/f'), { ifMatch: etag })
      for (const ifMatch of [etag, '*']) {
        expect(await codeOf(b.write(p('/f'), bytesOf('five'), { ifMatch }))).toBe('CONFLICT')
        expect(await codeOf(b.remove(p('/f'), { ifMatch }))).toBe('CONFLICT')
      }
      expect(await names(b, p('/'))).toEqual([])
    })

    test('creates only where nothing stands', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('one'), { ifNoneMatch: '*' })
      expect(await codeOf(b.write(p('/f'), bytesOf('two'), { ifNoneMatch: '*' }))).toBe('CONFLICT')
      expect(await text(b.read(p('/f')))).toBe('one')
      expect(await names(b, p('/'))).toEqual(['f'])
    })

    test('lets exactly one of twenty racing writers win', async () => {
      await using b = await make()
      const { etag } = await b.write(p('/f'), bytesOf('start'))
      expect((await racers(b, { ifMatch: etag })).toSorted()).toEqual(oneWinner)
      expect(await text(b.read(p('/f')))).toMatch(/^writer \d+$/)
    })

    test('lets exactly one of twenty racing creators win', async () => {
      await using b = await make()
      expect((await racers(b, { ifNoneMatch: '*' })).toSorted()).toEqual(oneWinner)
      expect(await names(b, p('/'))).toEqual(['f'])
    })

    test('lets exactly one of twenty racing removers win', async () => {
      await using b = await make()
      const { etag } = await b.write(p('/f'), bytesOf('x'))
      const ends = await Promise.all(Array.from({ length: 20 }, () => codeOf(b.remove(p('/f'), { ifMatch: etag }))))
      expect(ends.toSorted()).toEqual(oneWinner)
    })

    test('asks before the new content takes its place, and takes no for an answer', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('before'))
      const seen: unknown[] = []
      const staged = async (size: number): Promise<void> => void seen.push(size, await text(b.read(p('/f'))), await names(b, p('/')))
      await b.write(p('/f'), bytesOf('after!!'), { staged })
      expect(seen).toEqual([7, 'before', ['f']])
      const no = async (): Promise<void> => {
        throw new VfsError('BUSY', 'not now')
      }
      expect(await codeOf(b.write(p('/f'), bytesOf('never'), { staged: no }))).toBe('BUSY')
      expect(await codeOf(b.write(p('/new'), bytesOf('never'), { staged: no }))).toBe('BUSY')
      expect(await text(b.read(p('/f')))).toBe('after!!')
      expect(await names(b, p('/'))).toEqual(['f'])
    })

    test('checks what stands there at the end, not only at the beginning', async () => {
      await using b = await make()
      const { etag } = await b.write(p('/f'), bytesOf('before'))
      const meanwhile = async (): Promise<void> => void (await b.write(p('/f'), bytesOf('of another')))
      expect(await codeOf(b.write(p('/f'), bytesOf('late'), { ifMatch: etag, staged: meanwhile }))).toBe('CONFLICT')
      const create = async (): Promise<void> => void (await b.write(p('/g'), bytesOf('of another')))
      expect(await codeOf(b.write(p('/g'), bytesOf('late'), { ifNoneMatch: '*', staged: create }))).toBe('CONFLICT')
      expect(await text(b.read(p('/f')))).toBe('of another')
      expect(await text(b.read(p('/g')))).toBe('of another')
    })

    test('stops at a cancelled call also after the bytes are there', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('before'))
      const call = new AbortController()
      const write = b.write(p('/f'), bytesOf('after'), { signal: call.signal, staged: async () => call.abort() })
      expect(await codeOf(write)).toBe('CANCELLED')
      expect(await text(b.read(p('/f')))).toBe('before')
    })
  })
}
