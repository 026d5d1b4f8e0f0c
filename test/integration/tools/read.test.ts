import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../support/client.ts'
import { serveEverything, type Served } from '../../support/everything.ts'

const served: Served = await serveEverything()
const call: Served['connected']['call'] = (tool, args) => served.connected.call(tool, args)
afterAll(() => served[Symbol.asyncDispose]())

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

describe.each(Object.entries(served.roots))('on %s', (_, root) => {
  const at = (name: string): string => `${root}/read/${name}`
  const put = (name: string, content: Uint8Array): Promise<Answer> =>
    call('vfs_write', { path: at(name), content_base64: Buffer.from(content).toString('base64') })
  const read = (name: string, args: Record<string, unknown> = {}): Promise<Answer> => call('vfs_read', { path: at(name), ...args })
  /** What a model sees, without the etag that differs each time. */
  const text = async (name: string, args: Record<string, unknown> = {}): Promise<string> =>
    (await read(name, args)).text.replaceAll(root, '').replaceAll(/etag \S+/g, 'etag E')

  beforeAll(async () => {
    await put('poem.txt', Buffer.from('one\r\ntwo\r\nthree'))
    await put('long.txt', Buffer.from(Array.from({ length: 5000 }, (_one, i) => `line ${i + 1}\n`).join('')))
    await put('wide.txt', Buffer.from(`${'a'.repeat(5000)}END\nb\n`))
    await put('latin.txt', Buffer.from('caf\xE9\n', 'latin1'))
    await put('broken.txt', Buffer.concat([Buffer.from('a\n'.repeat(50_000)), Buffer.from([0xff])]))
    await put('empty.txt', Buffer.alloc(0))
    await put('pixel.png', PNG)
    await put('big.png', Buffer.concat([PNG, Buffer.alloc(1_100_000)]))
    await put('data.bin', Buffer.from(Array.from({ length: 6000 }, (_one, i) => i % 256)))
  })

  test('lines have numbers, and a head line says what they are from', async () => {
    expect(await text('poem.txt')).toBe('/read/poem.txt lines 1-3 of 3 · 15 B · utf-8 CRLF · etag E · no newline at the end\n1\tone\n2\ttwo\n3\tthree')
    expect(await text('latin.txt')).toBe('/read/latin.txt lines 1-1 of 1 · 5 B · latin-1 LF · etag E\n1\tcafé')
    expect(await text('empty.txt')).toBe('/read/empty.txt is empty · 0 B · utf-8 · etag E')
  })

  test('a page ends by saying how to go on', async () => {
    const { text: seen, result } = await read('long.txt', { offset: 11, limit: 2 })
    expect(seen.split('\n').slice(1)).toEqual(['11\tline 11', '12\tline 12', '[more: offset=13]'])
    expect(result).toMatchObject({ status: 'success', first_line: 11, lines: 2, total_lines: 5000, next_offset: 13 })
    expect((await read('long.txt')).result).toMatchObject({ next_offset: 2001, lines: 2000 })
    expect((await read('long.txt')).text.length).toBeLessThanOrEqual(40_000)
  })

  test('the end, and past it', async () => {
    expect(await text('long.txt', { offset: -1 })).toContain('lines 5000-5000 of 5000')
    expect(await text('poem.txt', { offset: 9 })).toContain('/read/poem.txt has 3 lines, none from 9 on')
  })

  test('raw is the text alone', async () => {
    expect(await text('poem.txt', { raw: true })).toBe('one\r\ntwo\r\nthree')
    expect(await text('long.txt', { raw: true, limit: 1 })).toBe('line 1\n[more: offset=2]')
    expect(await text('wide.txt', { raw: true })).toBe(`${'a'.repeat(1900)}… [line goes on: byte_offset=1900]\nb\n`)
  })

  test('a long line is cut, and goes on by bytes', async () => {
    const first = await text('wide.txt')
    expect(first).toContain('a… [line goes on: byte_offset=1900]\n2\tb')
    const rest = await read('wide.txt', { byte_offset: 1900 })
    expect(rest.text).toContain('aEND\nb')
    expect(rest.text).toContain('↩\n')
    expect(rest.result).toMatchObject({ kind: 'bytes', next_offset: null, content: `${'a'.repeat(3100)}END\nb\n` })
  })

  test('bytes: text for a model, all of them for a program', async () => {
    const { text: seen, result } = await read('data.bin', { byte_offset: 16, byte_length: 5000 })
    expect(seen).toContain('bytes 16-5015 of 6000 · binary')
    expect(seen).toContain('00000040  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO')
    expect(seen).toMatch(/the other 904 bytes.*\n\[more: byte_offset=5016\]$/)
    expect(Buffer.from(String(result['content_base64']), 'base64')).toEqual(Buffer.from(Array.from({ length: 5000 }, (_one, i) => (i + 16) % 256)))
    expect(await text('data.bin', { byte_offset: 7000 })).toContain('has no bytes from 7000 on')
  })

  test('a piece that begins in the middle of a letter is text all the same', async () => {
    await put('ä.txt', Buffer.from('ääää\n'))
    expect(await text('ä.txt', { byte_offset: 1, byte_length: 4 })).toContain('· utf-8 ·')
  })

  test('what is not UTF-8 further on is said', async () => {
    expect(await text('broken.txt', { offset: -1 })).toContain('what is not utf-8 shows as \uFFFD')
  })

  test('an image is shown', async () => {
    const { raw, text: seen } = await read('pixel.png')
    expect(seen).toContain('is an image · image/png · 70 B')
    expect(raw.content[1]).toEqual({ type: 'image', mimeType: 'image/png', data: PNG.toString('base64') })
    expect((await read('big.png')).raw.content).toHaveLength(1)
  })

  test('another binary is named', async () => {
    expect(await text('data.bin')).toMatch(/^\/read\/data.bin is binary · application\/octet-stream · 5.9 KB · etag E\n/)
    expect(await text('big.png')).toMatch(/is binary · image\/png · 1 MB/)
  })

  test('a folder is listed', async () => {
    expect((await call('vfs_read', { path: `${root}/read` })).text.split('\n')[0]).toBe(`${root}/read is a folder`)
    expect((await call('vfs_read', { path: `${root}/read` })).text).toMatch(/15 B {2}\S+Z {2}\S+ +poem\.txt/)
  })

  test('a folder of many names is listed in part', async () => {
    for (let i = 0; i < 201; i++) await put(`many/${i}`, Buffer.alloc(0))
    expect((await call('vfs_read', { path: at('many') })).text).toMatch(/\n\[more: vfs_ls pages through it\]$/)
  })

  test('what is not there names what is near', async () => {
    const answer = await read('peom.txt')
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain(`${root}/read/poem.txt`)
  })

  test('stat and hash', async () => {
    const { result } = await call('vfs_stat', { path: at('poem.txt') })
    expect(result).toMatchObject({ kind: 'file', size: 15, mount: root, cas: root === '/scratch' ? 'native' : 'lock' })
    expect(result['versions']).toEqual([{ change: expect.any(String), at: expect.any(String), size: 15 }])
    expect((await call('vfs_stat', { path: `${root}/read`, recursive: true })).result).toMatchObject({
      kind: 'directory',
      versions: [],
      files: expect.any(Number),
      folders: 1,
    })
    expect((await call('vfs_hash', { path: at('empty.txt') })).result).toMatchObject({
      hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    })
    expect((await call('vfs_hash', { path: at('empty.txt'), algorithm: 'md5' })).result).toMatchObject({ hash: 'd41d8cd98f00b204e9800998ecf8427e', size: 0 })
  })
})

test('a large file: its beginning, its end, and a page in the middle', async () => {
  const path = join(served.folder, 'large.log')
  const block = `${'x'.repeat(127)}\n`.repeat(8192) // 1 MB
  await writeFile(
    path,
    Array.from({ length: 64 }, () => block),
  )
  expect((await call('vfs_read', { path, limit: 1 })).text).toMatch(/large\.log lines 1-1 · 64 MB · utf-8 LF · etag \S+\n1\tx+\n\[more: offset=2\]$/)
  expect((await call('vfs_read', { path, offset: -1 })).text).toContain('lines -1 to -1, counted from the end')
  expect((await call('vfs_read', { path, offset: 500_000, limit: 1 })).result).toMatchObject({ first_line: 500_000, total_lines: null })
  expect((await call('vfs_read', { path, offset: 600_000 })).result).toMatchObject({ lines: 0, total_lines: 524_288 })
})
