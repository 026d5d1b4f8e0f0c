import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect as reach } from '../../../backends/s3/connect.ts'
import { openS3, type S3Options } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content, dying } from '../../contract/support.ts'
import { noise } from '../../support/content.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const MIB = 1 << 20
const whole = (size: number, seed = 1): Promise<Buffer> => content(noise(size, seed))

test('a content of many parts and unknown length arrives whole, also in ranges over the border of parts', async () => {
  await using backend = await server.backend()
  const bytes = await whole(41 * MIB + 7)
  const stat = await backend.write(p('/big'), bytesOf(bytes))
  expect(stat.size).toBe(bytes.length)
  expect(await backend.matches(p('/big'), stat.etag)).toBe(true)
  expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
  const range = { offset: 8 * MIB - 5, length: 17 * MIB }
  expect((await content(backend.read(p('/big'), range))).equals(bytes.subarray(range.offset, range.offset + range.length))).toBe(true)
})

test('a source that dies in the middle of the parts leaves no upload behind', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  expect(await codeOf(backend.write(p('/big'), dying(await whole(20 * MIB))))).toBe('SOURCE_FAILED')
  expect(await left(options)).toEqual([])
  expect(await Array.fromAsync(backend.list(ROOT))).toEqual([])
})

test('an upload whose process died is swept by the recovery of its change', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  const bucket = reach(options)
  await bucket.part('f', await bucket.begin('f', 'c1', {}), 1, Buffer.from('half'), {})
  bucket.close()
  expect(await left(options)).toHaveLength(1)
  expect(await backend.discard(p('/f'), 'c1')).toBe(true)
  expect(await left(options)).toEqual([])
})

test('connections that are cut anywhere: what is read is whole, what is written is whole or not there', async () => {
  const options = await server.options()
  const bytes = await whole(10 * MIB)
  {
    await using backend = await openS3(options)
    await backend.write(p('/given'), bytesOf(bytes))
  }
  await using proxy = await CuttingProxy.start(Number(new URL(server.endpoint).port))
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  proxy.cutting = true
  for (let i = 0; i < 12; i++) {
    const read = await content(backend.read(p('/given'))).catch((error: unknown) => error)
    expect(read instanceof Buffer ? read.equals(bytes) : isCode(read, 'UNAVAILABLE', 'TIMEOUT')).toBe(true)
    const written = await codeOf(backend.write(p(`/new${i}`), bytesOf(bytes)))
    expect(['none', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'TIMEOUT', 'CONFLICT']).toContain(written)
  }
  expect(proxy.cuts).toBeGreaterThan(5)
  proxy.cutting = false
  await using direct = await openS3(options)
  for await (const { name } of direct.list(ROOT)) expect((await content(direct.read(p(`/${name}`)))).equals(bytes)).toBe(true)
})

test('an answer that is lost after the server has written is known by the change, not taken for a failure', async () => {
  const options = await server.options()
  await using proxy = await CuttingProxy.start(Number(new URL(server.endpoint).port))
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await backend.write(p('/f'), bytesOf('before'))
  const { etag } = await backend.stat(p('/f'))
  proxy.swallow = 'PUT'
  const written = await backend.write(p('/f'), bytesOf('after'), { ifMatch: etag, id: 'c2' })
  expect(proxy.cuts).toBe(1)
  expect(await backend.matches(p('/f'), written.etag)).toBe(true)
  expect((await content(backend.read(p('/f')))).toString()).toBe('after')
})

async function left(options: S3Options): Promise<string[]> {
  const bucket = reach(options)
  const uploads = await Promise.all(['big', 'f'].map((key) => bucket.uploads(key)))
  bucket.close()
  return uploads.flat()
}

/** Passes bytes on, and cuts connections after a while, or swallows the answer to one request. */
class CuttingProxy implements AsyncDisposable {
  cutting = false
  swallow: string | undefined
  cuts = 0
  readonly endpoint: string
  readonly #close: () => Promise<void>
  #budget = 0x9e3779b9

  private constructor(endpoint: string, close: () => Promise<void>) {
    this.endpoint = endpoint
    this.#close = close
  }

  static async start(to: number): Promise<CuttingProxy> {
    const open = new Set<Socket>()
    const listener = createServer((socket) => proxy.#join(socket, connect(to, '127.0.0.1'), open)).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const close = async (): Promise<void> => {
      for (const socket of open) socket.destroy()
      listener.close()
      await once(listener, 'close')
    }
    const proxy: CuttingProxy = new CuttingProxy(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`, close)
    return proxy
  }

  #join(client: Socket, target: Socket, open: Set<Socket>): void {
    let budget = this.cutting ? this.#next() : Infinity
    let silent = false
    const cut = (): void => {
      this.cuts++
      client.destroy()
      target.destroy()
    }
    for (const socket of [client, target]) {
      open.add(socket)
      socket.on('error', () => {}).on('close', () => void (open.delete(socket), client.destroy(), target.destroy()))
    }
    client.on('data', (bytes) => {
      if (this.swallow !== undefined && bytes.toString('latin1').startsWith(this.swallow)) {
        silent = true
        this.swallow = undefined
      }
      target.write(bytes)
      if ((budget -= bytes.length) < 0) cut()
    })
    target.on('data', (bytes) => {
      if (silent) return cut()
      client.write(bytes)
      if ((budget -= bytes.length) < 0) cut()
    })
  }

  /** Up to 16 MiB, the same in every run. */
  #next(): number {
    this.#budget = (Math.imul(this.#budget, 1_664_525) + 1_013_904_223) >>> 0
    return this.#budget >>> 8
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}
