import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { HttpBackend } from '../../backends/http/http.ts'
import { ROOT, type VfsPath, vfsPath } from '../../src/core/path.ts'
import { readOnlyContract } from './backend.contract.ts'
import { codeOf, content, planted, type Plant, text, type Tree } from './support.ts'

interface Manners {
  /** A server that knows ranges, as most do; else it sends all of a file. */
  readonly ranges?: boolean
  /** It promises more than it sends. */
  readonly cut?: boolean
}

/** A web server that has these files. */
async function serve(tree: Tree, { ranges = true, cut = false }: Manners = {}) {
  const files = Object.values(tree).map((file) => Buffer.from(file))
  const server = createServer((request, response) => {
    const file = files[Number(request.url?.slice(1))] ?? Buffer.alloc(0)
    const wanted = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null
    const body = wanted ? file.subarray(Number(wanted[1]), Number(wanted[2]) + 1) : file
    const range = wanted ? { 'content-range': `bytes ${wanted[1]}-${wanted[2]}/${file.length}` } : {}
    response.writeHead(wanted ? 206 : 200, { 'content-length': body.length, etag: `"${request.url}"`, ...range })
    if (request.method === 'HEAD') response.end()
    else if (cut) response.write(body.subarray(0, -1), () => response.destroy())
    else response.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const urls = new Map(Object.keys(tree).map((path, i): [VfsPath, string] => [vfsPath(`/${path}`), `http://127.0.0.1:${port}/${i}`]))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { urls, [Symbol.asyncDispose]: close }
}

const plant: Plant = async (tree) => {
  const server = await serve(tree)
  return { ...planted(new HttpBackend(server.urls), ROOT), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

readOnlyContract('http', plant, { row: 'http' })

test('a server without ranges serves a range too', async () => {
  await using server = await serve({ f: 'hello world' }, { ranges: false })
  expect(await text(new HttpBackend(server.urls).read(vfsPath('/f'), { offset: 6, length: 3 }))).toBe('wor')
})

test('an answer that comes short is never taken for the file', async () => {
  await using server = await serve({ f: Buffer.alloc(100_000, 'x') }, { cut: true })
  expect(await codeOf(content(new HttpBackend(server.urls).read(vfsPath('/f'))))).toBe('UNAVAILABLE')
})

test('a server that is not there, and a file that is a folder', async () => {
  const nobody = new HttpBackend(new Map([[vfsPath('/f'), 'http://127.0.0.1:9/?token=planted']]))
  await expect(nobody.stat(vfsPath('/f'))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    retryable: true,
    path: '/f',
    message: expect.not.stringContaining('planted'),
  })
  expect(() => new HttpBackend(new Map(['/a', '/a/b'].map((path) => [vfsPath(path), 'http://127.0.0.1:9'])))).toThrow(/a file and a folder/)
})

test('its volume is named after what a person wrote, and not after the secrets in it', () => {
  const of = (token: string): HttpBackend => {
    const urls = (value: string) => new Map([[vfsPath('/f'), `http://127.0.0.1:9/f?token=${value}`]])
    return new HttpBackend(urls(token), urls('{env:TOKEN}'))
  }
  expect(of('old').volume).toBe(of('new').volume)
})
