import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { HttpBackend } from '../../../backends/http/http.ts'
import { isCode } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content } from '../../contract/support.ts'
import { noise } from '../../support/content.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { connect } from '../../support/gateway.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function answering(answer: Answer): Promise<AsyncDisposable & { readonly url: string; readonly backend: HttpBackend }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    backend: new HttpBackend(new Map([[p('/f'), `${url}/f`]])),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface File {
  readonly body: Buffer
  readonly etag: string
}

/** As RFC 9110 wants it. */
function serve({ headers, method }: IncomingMessage, response: ServerResponse, { body, etag }: File): void {
  const [, from, to] = /^GET bytes=(\d+)-(\d+)$/.exec(`${method} ${headers.range}`) ?? []
  const part = from === undefined ? body : body.subarray(Number(from), Number(to) + 1)
  const range = from === undefined ? {} : { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${body.length}` }
  response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length, etag, ...range }).end(method === 'HEAD' ? undefined : part)
}

const file = async (seed: number, size = 100_000): Promise<File> => ({ body: await content(noise(size, seed)), etag: `"${seed}"` })

test('a file that its server does not give is named, and keeps nobody from the others', async () => {
  const { body, etag } = await file(1)
  await using server = await answering((request, response) => {
    if (request.url === '/gone') response.writeHead(404).end()
    else serve(request, response, { body, etag })
  })
  const files = ['a', 'gone', 'z'].map((name) => [p(`/${name}`), `${server.url}/${name}`] as const)
  await using t = await openTestVfs({ '/web': new HttpBackend(new Map(files)), '/m': {} })
  const failed = [expect.objectContaining({ path: '/web/gone', code: 'NOT_FOUND' })]
  expect(await t.vfs.copyInto(p('/web'), p('/m'), call)).toMatchObject({ copied: 2, failed })
  expect(await t.names('/m')).toEqual(['a', 'z'])
  expect(await t.names('/web')).toEqual(['a', 'gone', 'z'])
})

test('a server that compresses what nobody wants compressed is not believed', async () => {
  const packed = gzipSync('a'.repeat(100_000))
  await using server = await answering((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed)
  })
  expect([await codeOf(server.backend.stat(p('/f'))), await codeOf(content(server.backend.read(p('/f'))))]).toEqual(['UNSUPPORTED', 'UNSUPPORTED'])
})

test('another range than was asked for is not taken for it', async () => {
  const { body, etag } = await file(1)
  await using server = await answering((request, response) => {
    if (request.method === 'HEAD') return serve(request, response, { body, etag })
    response.writeHead(206, { 'content-length': 10, etag, 'content-range': `bytes 0-9/${body.length}` }).end(body.subarray(0, 10))
  })
  expect(await codeOf(content(server.backend.read(p('/f'), { offset: 50, length: 10 })))).toBe('UNAVAILABLE')
})

test('a file that is replaced between two requests is never mixed', async () => {
  const [before, after] = [await file(1), await file(2)]
  let heads = 0
  await using server = await answering((request, response) => serve(request, response, request.method === 'HEAD' && heads++ % 2 === 0 ? before : after))
  expect(await codeOf(content(server.backend.read(p('/f'))))).toBe('CONFLICT')
  expect((await content(server.backend.read(p('/f')))).equals(after.body)).toBe(true)
})

test('connections that are cut anywhere: what is read is what stands there', async () => {
  const given = await file(3, 20 << 20)
  await using server = await answering((request, response) => serve(request, response, given))
  await using proxy = await FaultProxy.start(server.url)
  const config = { backends: { web: { type: 'http', options: { files: { '/f': `${proxy.endpoint}/f` } } } }, mounts: [{ path: '/web', backend: 'web' }] }
  await using session = await connect({ config })
  proxy.cutting = true
  const ended: string[] = []
  for (let i = 0; i < 8; i++) {
    const copied = await session.call('vfs_copy', { from: '/web/f', to: `${session.work}/${i}` })
    ended.push(copied.ok ? 'ok' : String(copied.result['error_code']))
  }
  expect(proxy.cuts).toBeGreaterThan(3)
  for (const end of ended) expect(['ok', 'UNAVAILABLE']).toContain(end)
  const there = await readdir(session.work)
  expect(there.toSorted()).toEqual(ended.flatMap((end, i) => (end === 'ok' ? [String(i)] : [])))
  for (const name of there) expect((await readFile(join(session.work, name))).equals(given.body)).toBe(true)
})

test('a server that is killed in the middle of a file is UNAVAILABLE, and the file is read once it is back', async () => {
  const given = await file(4, 4 << 20)
  let alive = false
  await using server = await answering((request, response) => {
    if (alive || request.method === 'HEAD') return serve(request, response, given)
    response.writeHead(206, { 'content-length': given.body.length, 'content-range': `bytes 0-${given.body.length - 1}/${given.body.length}` })
    response.write(given.body.subarray(0, 1 << 20), () => response.destroy())
  })
  const read = await content(server.backend.read(p('/f'))).catch((error: unknown) => error)
  expect(isCode(read, 'UNAVAILABLE')).toBe(true)
  alive = true
  expect((await content(server.backend.read(p('/f')))).equals(given.body)).toBe(true)
})

test.each([
  ['a service of this machine', 'http://localhost:PORT/f'],
  ['the metadata of a cloud', 'http://169.254.169.254/latest/meta-data/'],
  ['a private network', 'http://10.0.0.1/f'],
  ['this machine in other figures', 'http://[::ffff:127.0.0.1]:PORT/f'],
  ['this machine as a number', 'http://2130706434:PORT/f'],
])('a server that redirects to %s leads nobody there', async (_, location) => {
  let asked = 0
  await using inner = await answering((__, response) => void (asked++, response.end('INTERNAL')))
  const to = location.replace('PORT', new URL(inner.url).port)
  await using server = await answering((__, response) => void response.writeHead(302, { location: to }).end())
  expect([await codeOf(server.backend.stat(p('/f'))), await codeOf(content(server.backend.read(p('/f'))))]).toEqual(['DENIED', 'DENIED'])
  expect(asked).toBe(0)
})

test('a server that redirects within itself is followed, one that does it for ever or to no web address is not', async () => {
  const given = await file(5)
  await using server = await answering((request, response) => {
    if (request.url === '/moved') return serve(request, response, given)
    response.writeHead(308, { location: request.url === '/f' ? '/moved' : request.url === '/loop' ? '/loop' : 'file:///etc/passwd' }).end()
  })
  expect((await content(server.backend.read(p('/f')))).equals(given.body)).toBe(true)
  const others = new HttpBackend(new Map(['/loop', '/file'].map((path) => [p(path), server.url + path])))
  for (const path of ['/loop', '/file']) expect(await codeOf(others.stat(p(path)))).toBe('UNAVAILABLE')
})
