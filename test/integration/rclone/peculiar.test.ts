import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openRclone } from '../../../backends/rclone/rclone.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, names, scratch, text } from '../../contract/support.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

beforeEach(needsRclone)

const folder = scratch('peculiar')

test('that a storage takes names of another case for the same is told', async () => {
  await using control = await Rclone.control()
  const disk = await folder()
  expect((await control.backend(`:local,case_insensitive=true:${disk}`)).notes()).toMatchObject([expect.stringContaining('spelling')])
  expect((await control.backend(`:local,case_insensitive=false:${disk}`)).notes()).toEqual([])
})

test('of files of one name a listing has one', async () => {
  const file = (name: string): object => ({ Name: name, Size: 1, ModTime: '2026-01-01T00:00:00Z', IsDir: false })
  const info = { Name: 'drive', Root: '', Features: { DuplicateFiles: true }, Hashes: [], Precision: 1 }
  // As rclone answers of a Google Drive, which no test can have.
  const server = createServer((request, response) => {
    request.resume()
    response.end(JSON.stringify(request.url === '/operations/fsinfo' ? info : { list: [file('b'), file('a'), file('b')] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const backend = await openRclone({ remote: 'drive:', secret: async () => '', endpoint: async () => ({ url }) })
  expect(await names(backend, ROOT)).toEqual(['a', 'b'])
  expect(backend.notes()).toMatchObject([expect.stringContaining('one name')])
})

/** A web server, which rclone shows as a storage: it does not tell how large `/untold` is, as Google does not of its documents. */
async function website(): Promise<string> {
  const pages: Record<string, string> = { '/': '<a href="told">told</a><a href="untold">untold</a>', '/told': 'told', '/untold': 'untold' }
  const server = createServer(({ method, url = '' }, response) => {
    const page = pages[url] ?? ''
    response.writeHead(page === '' ? 404 : 200, { 'content-type': 'text/html', ...(url !== '/untold' && { 'content-length': page.length }) }).flushHeaders()
    response.end(method === 'HEAD' ? undefined : page)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('a file whose size the storage does not tell is named, and not taken for an empty one', async () => {
  await using control = await Rclone.control()
  const backend = await control.backend(`:http,url="${await website()}":`)
  await using t = await openTestVfs({ '/web': backend, '/m': {} })
  expect(await Array.fromAsync(backend.list(ROOT, { details: true }))).toEqual([
    expect.objectContaining({ name: 'told', size: 4 }),
    { name: 'untold', kind: 'file' },
  ])
  expect(await codeOf(text(backend.read(p('/untold'))).then(() => undefined))).toBe('UNSUPPORTED')
  await expect(t.vfs.copy(p('/web/untold'), p('/m/untold'), call)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  const failed = [expect.objectContaining({ path: '/web/untold', code: 'UNSUPPORTED' })]
  expect(await t.vfs.copyInto(p('/web'), p('/m'), call)).toMatchObject({ copied: 1, failed })
  expect(await t.names('/m')).toEqual(['told'])
})

test('a storage that can only be read says so of a write, and not that it is to be repeated', async () => {
  await using control = await Rclone.control()
  const backend = await control.backend(`:http,url="${await website()}":`)
  expect(await codeOf(backend.write(p('/new'), bytesOf('x')).then(() => undefined))).toBe('READ_ONLY')
})
