import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { connect as reach } from '../../../backends/s3/connect.ts'
import { openS3, type S3Options } from '../../../backends/s3/s3.ts'
import type { Stat, Trash } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { inDoubt } from '../../../src/core/effect.ts'
import { isCode } from '../../../src/core/error.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { forward, forwardTrash } from '../../../src/layers/forward.ts'
import { codeOf, content, dying, names, text } from '../../contract/support.ts'
import { noise } from '../../support/content.ts'
import { FaultProxy, REMOVED } from '../../support/fault-proxy.ts'
import { needsS3, RCLONE_S3, S3Server } from '../../support/s3.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const MIB = 1 << 20
const FAILED = ['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'TIMEOUT', 'CONFLICT']
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

test('the parts are of the size that somebody has named, all but the last', async () => {
  const options = await server.options()
  await using backend = await openS3({ ...options, partBytes: 5 * MIB })
  const bytes = await whole(13 * MIB)
  await backend.write(p('/big'), bytesOf(bytes))
  expect((await reach(options).head('big'))?.etag).toMatch(/-3"?$/)
  expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
})

test('a reader that keeps no part gets many parts in few memories', async () => {
  await using backend = await server.backend()
  const bytes = await whole(81 * MIB + 7)
  await backend.write(p('/big'), bytesOf(bytes))
  const memories = new Set<ArrayBufferLike>()
  let at = 0
  for await (const part of backend.read(p('/big'), { reuse: true })) {
    expect(bytes.subarray(at, (at += part.length)).equals(part)).toBe(true)
    memories.add(part.buffer)
  }
  expect([at, memories.size <= 5]).toEqual([bytes.length, true])
})

test('a source that dies in the middle of the parts leaves no upload behind', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  expect(await codeOf(backend.write(p('/big'), dying(await whole(20 * MIB))))).toBe('SOURCE_FAILED')
  expect(await left(options)).toEqual([])
  expect(await Array.fromAsync(backend.list(ROOT))).toEqual([])
})

test('nor does one that was to replace a large file leave what was kept of that', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  await using t = await openTestVfs({ '/b': backend })
  await t.vfs.write(p('/b/f'), noise(17 * MIB), call)
  await expect(t.vfs.write(p('/b/f'), dying(await whole(20 * MIB)), { ...call, ifMatch: '*' })).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
  const bucket = reach(options)
  expect((await bucket.page({ prefix: '' })).objects.map(({ source }) => source.key)).toEqual(['f'])
  bucket.close()
})

test('an upload whose process died is swept by the recovery of its change', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  const staging = await halfOf(options)
  expect(await left(options)).toEqual([staging])
  expect(await backend.discard(p('/f'), 'c1', { staging })).toBe(true)
  expect(await backend.discard(p('/f'), 'c1', { staging })).toBe(false)
  expect(await left(options)).toEqual([])
})

test('so is what was being copied aside in parts', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  const aside = '.polymount/trash/c1'
  expect(await left(options, aside)).toEqual([])
  await halfOf(options, aside)
  expect(await left(options, aside)).toHaveLength(1)
  await backend.trash?.drop('c1')
  expect(await left(options, aside)).toEqual([])
})

test('so is what was coming back in parts from aside: it is there to be brought back still', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  let isDying = true
  /** As an object comes back that is larger than one request takes; and then nobody knows. */
  const back = async (trash: Trash, ...[id, path, asked]: Parameters<Trash['back']>): Promise<Stat> => {
    if (!isDying) return trash.back(id, path, asked)
    await asked?.staging?.(await halfOf(options, path.slice(1)))
    throw inDoubt(new Error('the process is gone'))
  }
  const half = forward(backend, { outlives: undefined, trash: forwardTrash(backend.trash, (trash) => ({ back: (...args) => back(trash, ...args) })) })
  await using t = await openTestVfs({ '/b': half })
  await t.write('/b/f', 'content')
  const { change } = await t.vfs.remove(p('/b/f'), call)
  await expect(t.vfs.undo({ change: change! }, call)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  expect(await left(options)).toHaveLength(1)
  expect(new Set((await t.journal.recover()).map(({ state }) => state))).toEqual(new Set(['aborted']))
  expect(await left(options)).toEqual([])
  isDying = false
  expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ conflicts: [] })
  expect(await t.text('/b/f')).toBe('content')
})

test('and one that had no name yet, as soon as it shows, but none that another gateway sends', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  const sending = await halfOf(options)
  const asked = (ago: number) => backend.discard(p('/f'), 'c1', { staging: `begun ${new Date(Date.now() - ago).toISOString()}` })
  expect(await codeOf(asked(0))).toBe('OUTCOME_UNKNOWN')
  expect(await asked(60_000)).toBe(false)
  const bucket = reach(options)
  await bucket.multipart.begin('f', 'c1', {})
  bucket.close()
  expect(await left(options)).toHaveLength(2)
  expect(await asked(0)).toBe(true)
  expect(await left(options)).toEqual([sending])
})

test('and not one of the same file that another gateway still sends', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  await using other = await openS3(options)
  const bytes = await whole(20 * MIB)
  const [sent, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const source = (async function* () {
    yield bytes.subarray(0, 18 * MIB)
    sent.resolve()
    await goOn.promise
    yield bytes.subarray(18 * MIB)
  })()
  const sending = other.write(p('/f'), source)
  await sent.promise
  expect(await backend.discard(p('/f'), 'c1', { staging: await halfOf(options) })).toBe(true)
  expect(await backend.discard(p('/f'), 'c2')).toBe(false)
  expect(await left(options)).toHaveLength(1)
  goOn.resolve()
  await sending
  expect((await content(backend.read(p('/f')))).equals(bytes)).toBe(true)
})

test('connections that are cut anywhere: what is read is whole, what is written is whole, and there or not as was told', async () => {
  const options = await server.options()
  const bytes = await whole(10 * MIB)
  await using direct = await openS3(options)
  await direct.write(p('/given'), bytesOf(bytes))
  const told = new Map<string, string>()
  let over = (await direct.write(p('/over'), bytesOf('0'))).size
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  proxy.cutting = true
  for (let i = 0; i < 12; i++) {
    const read = await content(backend.read(p('/given'))).catch((error: unknown) => error)
    expect(read instanceof Buffer ? read.equals(bytes) : isCode(read, 'UNAVAILABLE', 'TIMEOUT')).toBe(true)
    const written = await codeOf(backend.write(p(`/new${i}`), bytesOf(bytes)))
    expect(['none', ...FAILED]).toContain(written)
    told.set(`new${i}`, written)
    const replaced = await codeOf(backend.write(p('/over'), bytesOf(bytes.subarray(i)), { ifMatch: '*' }))
    const { size } = await direct.stat(p('/over'))
    expect(replaced === 'none' ? [bytes.length - i] : replaced === 'OUTCOME_UNKNOWN' ? [over, bytes.length - i] : [over]).toContain(size)
    over = size
  }
  expect(proxy.cuts).toBeGreaterThan(5)
  proxy.cutting = false
  const there = (await names(direct, ROOT)).filter((name) => name.startsWith('new'))
  for (const name of ['given', ...there]) expect((await content(direct.read(p(`/${name}`)))).equals(bytes)).toBe(true)
  for (const [name, code] of told) expect(code === 'OUTCOME_UNKNOWN' || there.includes(name) === (code === 'none')).toBe(true)
  const known = Array.from(told.keys()).filter((name) => told.get(name) !== 'OUTCOME_UNKNOWN')
  expect(await left(options, ...known)).toEqual([])
})

test('a server that refuses addresses that were signed before is read all the same', async () => {
  const options = await server.options()
  const bytes = await whole(41 * MIB)
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await backend.write(p('/big'), bytesOf(bytes))
  proxy.refusing = { line: /[?&]X-Amz-Signature=/, status: 403, code: 'AccessDenied' }
  expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
  expect(proxy.refused).toBe(4)
})

test('what is too large to go without the layers of the SDK goes through them', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  proxy.refusing = { line: /^PUT .*x-id=PutObject/, status: 403, code: 'AccessDenied' }
  expect(await codeOf(backend.write(p('/small'), bytesOf(await whole(100_000))))).toBe('none')
  expect(await codeOf(backend.write(p('/larger'), bytesOf(await whole(300_000))))).toBe('PERMISSION_DENIED')
  proxy.refusing = { line: /^PUT .*small/, status: 409, code: 'OperationAborted' }
  expect(await codeOf(backend.write(p('/small'), bytesOf('x'), { ifMatch: '*' }))).toBe('CONFLICT')
})

test('an answer that is lost after the server has written is known by the change, not taken for a failure', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await backend.write(p('/f'), bytesOf('before'))
  const { etag } = await backend.stat(p('/f'))
  void proxy.next(/^PUT /, 'lost')
  const written = await backend.write(p('/f'), bytesOf('after'), { ifMatch: etag, id: 'c2' })
  expect(proxy.cuts).toBe(1)
  expect(await backend.matches(p('/f'), written.etag)).toBe(true)
  expect((await content(backend.read(p('/f')))).toString()).toBe('after')
})

test('the name of an upload that is lost is that of one which is ended, and the content arrives by another', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await using t = await openTestVfs({ '/b': backend })
  void proxy.next(/^POST \S+\/big\?uploads/, 'lost')
  await t.vfs.write(p('/b/big'), noise(20 * MIB), call)
  expect(proxy.cuts).toBe(1)
  expect(await left(options)).toEqual([])
  expect((await backend.stat(p('/big'))).size).toBe(20 * MIB)
})

test('a removal whose answer is lost took place, and what it removed lies aside and comes back', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  for (const name of ['/f', '/g']) await backend.write(p(name), bytesOf('content'))
  void proxy.next(/^DELETE /, 'lost')
  await backend.trash?.put(p('/f'), 'c1')
  expect(proxy.cuts).toBe(1)
  expect(await names(backend, ROOT)).toEqual(['g'])
  await backend.trash?.back('c1', p('/f'))
  expect(await text(backend.read(p('/f')))).toBe('content')
  void proxy.next(/^DELETE /, 'lost')
  await backend.remove(p('/g'), { ifMatch: (await backend.stat(p('/g'))).etag })
  expect(proxy.cuts).toBe(2)
  expect(await names(backend, ROOT)).toEqual(['f'])
})

test('a byte that changes on the way is found by the checksum, and what was read is not passed off as the file', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await backend.write(p('/f'), bytesOf('a'.repeat(1000)))
  proxy.damage = (bytes) => Buffer.from(bytes.toString('latin1').replace('aaaaa', 'aabaa'), 'latin1')
  expect(await codeOf(backend.read(p('/f')))).toBe('CONTENT_DAMAGED')
  proxy.damage = undefined
  expect(await text(backend.read(p('/f')))).toBe('a'.repeat(1000))
})

test('also where the connection broke before, and the rest was asked for', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  const words = 'a'.repeat(500) + 'b'.repeat(500)
  await backend.write(p('/f'), bytesOf(words))
  const breaking = (damage: FaultProxy['damage']): void => {
    const answer = async (): Promise<string> => {
      proxy.instead = undefined
      proxy.damage = damage
      return `HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n${words.slice(0, 500)}`
    }
    proxy.instead = { line: /^GET /, answer }
  }
  breaking((bytes) => Buffer.from(bytes.toString('latin1').replace('bbbbb', 'bbcbb'), 'latin1'))
  expect(await codeOf(backend.read(p('/f')))).toBe('CONTENT_DAMAGED')
  breaking(undefined)
  expect(await text(backend.read(p('/f')))).toBe(words)
})

test('a file that is replaced while it is read is never mixed, on a server too that heeds no condition on reads', async () => {
  await using heedless = await S3Server.start(RCLONE_S3)
  const options = await heedless.options()
  await using backend = await openS3(options)
  const [before, after] = [await whole(48 * MIB), await whole(48 * MIB, 2)]
  const { etag } = await backend.write(p('/f'), bytesOf(before))
  const reading = backend.read(p('/f'))[Symbol.asyncIterator]()
  await reading.next()
  await backend.write(p('/f'), bytesOf(after))
  expect(await codeOf({ [Symbol.asyncIterator]: () => reading })).toBe('CONFLICT')
  const bucket = reach({ ...options, compat: true })
  const stale = { ifMatch: `"${'0'.repeat(32)}"` }
  for (const range of [undefined, 'bytes=2-4']) expect(await codeOf(bucket.get({ key: 'f' }, { ...stale, range }))).toBe('CONFLICT')
  bucket.close()
  expect(await codeOf(backend.read(p('/f'), { ifMatch: etag }))).toBe('CONFLICT')
  expect((await content(backend.read(p('/f')))).equals(after)).toBe(true)
})

test('two gateways on one bucket: one of twenty writers wins, and who takes whatever is there always does', async () => {
  const options = await server.options()
  await using one = await openS3(options)
  await using other = await openS3(options)
  const { etag } = await one.write(p('/f'), bytesOf('start'))
  const race = (ifMatch: string) =>
    Promise.all(Array.from({ length: 20 }, (_, i) => codeOf((i % 2 ? one : other).write(p('/f'), bytesOf(`writer ${i}`), { ifMatch }))))
  expect((await race(etag)).filter((end) => end !== 'CONFLICT')).toEqual(['none'])
  expect(new Set(await race('*'))).toEqual(new Set(['none']))
  await one.remove(p('/f'))
  expect(new Set(await race('*'))).toEqual(new Set(['CONFLICT']))
})

test('a server that heeds no condition on removals still keeps two data folders from replacing the same', async () => {
  const options = await server.options()
  const bucket = reach(options)
  await using proxy = await FaultProxy.start(server.endpoint)
  const answer = async (line: string): Promise<string> => {
    await bucket.delete(decodeURIComponent(new URL(line.split(' ')[1] ?? '', proxy.endpoint).pathname.slice(`/${options.bucket}/`.length)))
    return REMOVED
  }
  proxy.instead = { line: /^DELETE /, answer }
  const reached = { ...options, endpoint: proxy.endpoint }
  await using one = await openS3(reached)
  await using other = await openS3(reached)
  expect(one.capabilities.cas).toBe('lock')
  await using mine = await openTestVfs({ '/b': one })
  await using theirs = await openTestVfs({ '/b': other })
  const { stat } = await mine.write('/b/f', 'start')
  const race = Array.from({ length: 10 }, (_, i) => codeOf((i % 2 ? mine : theirs).write('/b/f', `writer ${i}`, { ifMatch: stat?.etag }).then(() => undefined)))
  expect((await Promise.all(race)).filter((end) => end !== 'CONFLICT')).toEqual(['none'])
  bucket.close()
})

describe('a server that is killed and comes back', () => {
  let weak: S3Server
  beforeAll(async () => void (weak = await S3Server.start()))
  afterAll(() => weak[Symbol.asyncDispose]())

  test('in the middle of an upload: nothing half is there, what was sent is swept, and the same goes through afterwards', async () => {
    const options = await weak.options()
    await using backend = await openS3(options)
    const bytes = await whole(40 * MIB)
    const source = (async function* () {
      for (let at = 0; at < bytes.length; at += MIB) {
        if (at === 30 * MIB) await weak.kill()
        yield bytes.subarray(at, at + MIB)
      }
    })()
    let named: string | undefined
    const staging = async (name: string): Promise<void> => void (named = name)
    expect(await codeOf(backend.write(p('/big'), source, { id: 'c1', staging }))).toBe('OUTCOME_UNKNOWN') // so that recovery looks at it
    await weak.restart()
    expect(await names(backend, ROOT)).toEqual([])
    expect(await backend.discard(p('/big'), 'c1', { staging: named })).toBe(true)
    expect(await left(options)).toEqual([])
    await backend.write(p('/big'), bytesOf(bytes), { id: 'c2' })
    expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
  })

  test('in the middle of a download: it is the whole, or said not to be', async () => {
    await using backend = await weak.backend()
    const bytes = await whole(64 * MIB)
    await backend.write(p('/big'), bytesOf(bytes))
    const parts: Uint8Array[] = []
    const reading = (async () => {
      for await (const part of backend.read(p('/big'))) if (parts.push(part) === 1) await weak.kill()
    })()
    expect(['UNAVAILABLE', 'none']).toContain(await codeOf(reading))
    expect(bytes.indexOf(Buffer.concat(parts))).toBe(0)
    await weak.restart()
    expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
  })

  test('in the middle of a listing: it goes on after the last name', async () => {
    const options = await weak.options()
    await using backend = await openS3(options)
    const all = Array.from({ length: 1200 }, (_, i) => `f${String(i).padStart(4, '0')}`)
    const bucket = reach(options)
    for (let i = 0; i < all.length; i += 100) await Promise.all(all.slice(i, i + 100).map((one) => bucket.put(one, Buffer.from('x'), { change: 'c' })))
    bucket.close()
    const seen: string[] = []
    const listing = (async () => {
      for await (const { name } of backend.list(ROOT)) if (seen.push(name) === 10) await weak.kill()
    })()
    expect(await codeOf(listing)).toBe('UNAVAILABLE')
    await weak.restart()
    for await (const { name } of backend.list(ROOT, { after: seen.at(-1) })) seen.push(name)
    expect(seen).toEqual(all)
  })

  test('in the middle of a copy: the target is whole or not there', async () => {
    const options = await weak.options()
    await using proxy = await FaultProxy.start(weak.endpoint)
    await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
    const bytes = await whole(20 * MIB)
    await backend.write(p('/f'), bytesOf(bytes))
    const begun = proxy.next(/^PUT .*\/copy/, 'unanswered')
    const copy = codeOf(backend.copy(p('/f'), p('/copy')))
    await begun
    await weak.kill()
    expect(await copy).toBe('OUTCOME_UNKNOWN')
    await weak.restart()
    await using direct = await openS3(options)
    for (const name of await names(direct, ROOT)) expect((await content(direct.read(p(`/${name}`)))).equals(bytes)).toBe(true)
  })
})

test('a server that says slow down is asked again when it said, and every change takes place once', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  const { etag } = await backend.write(p('/f'), bytesOf('before'))
  proxy.busy = 1
  expect(await text(backend.read(p('/f')))).toBe('before')
  await backend.stat(p('/f'))
  const changes: readonly [string, RegExp, () => Promise<unknown>][] = [
    ['write', /^PUT /, () => backend.write(p('/f'), bytesOf('after'), { ifMatch: etag })],
    ['copy', /^PUT /, () => backend.copy(p('/f'), p('/g'))],
    ['removal', /^DELETE /, async () => backend.remove(p('/g'), { ifMatch: (await backend.stat(p('/g'))).etag })],
    ['large', /^POST /, () => backend.write(p('/large'), noise(20 * MIB))],
  ]
  for (const [name, line, change] of changes) {
    proxy.busyAt = line
    expect([name, await codeOf(change())]).toEqual([name, 'none'])
    expect(proxy.busyAt).toBeUndefined()
  }
  expect(await names(backend, ROOT)).toEqual(['f', 'large'])
  expect(await text(backend.read(p('/f')))).toBe('after')
})

test('of parts every third is told to come again later: all arrive, each once', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint, partBytes: 5 * MIB })
  const bytes = await whole(64 * MIB)
  proxy.refusing = { line: /^PUT \S+partNumber=/, status: 503, code: 'SlowDown', every: 3 }
  await backend.write(p('/big'), bytesOf(bytes))
  expect(proxy.refused).toBeGreaterThan(4)
  expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
  expect((await reach(options).head('big'))?.etag).toMatch(/-13"?$/)
  expect(await left(options)).toEqual([])
})

test('a part that is refused for longer than the SDK asks arrives', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint, partBytes: 5 * MIB })
  const bytes = await whole(14 * MIB)
  proxy.refusing = { line: /partNumber=2&/, status: 503, code: 'SlowDown' }
  const written = backend.write(p('/big'), bytesOf(bytes))
  await vi.waitFor(() => expect(proxy.refused).toBeGreaterThan(4), 20_000)
  proxy.refusing = undefined
  await written
  expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
})

test('parts go in parallel: while the first is held up the second arrives', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint, partBytes: 5 * MIB })
  const stop = new AbortController()
  const held = proxy.next(/partNumber=1&/, 'held')
  const written = codeOf(backend.write(p('/big'), bytesOf(await whole(14 * MIB)), { signal: stop.signal }))
  await held
  await vi.waitFor(() => expect(proxy.lines.some((line) => line.includes('partNumber=2&'))).toBe(true))
  stop.abort()
  expect(await written).toBe('CANCELLED')
  expect(await left(options)).toEqual([])
})

test('a server that does not know the checksums of 2025 is written to and read without them', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  proxy.refusing = { head: /^x-amz-checksum-/im, status: 501, code: 'NotImplemented' }
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  expect(proxy.refused).toBeGreaterThan(0)
  const [bytes, { refused }] = [await whole(20 * MIB), proxy]
  await backend.write(p('/f'), bytesOf('small'))
  await backend.write(p('/big'), bytesOf(bytes))
  expect(await text(backend.read(p('/f')))).toBe('small')
  expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
  expect(proxy.refused).toBe(refused)
})

test('one that knows them and keeps none of a whole object is sent those of its parts', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  proxy.refusing = { head: /^x-amz-checksum-type/im, status: 501, code: 'NotImplemented' }
  const bytes = await whole(20 * MIB)
  for (const path of ['/big', '/other']) await backend.write(p(path), bytesOf(bytes))
  expect(proxy.refused).toBe(1)
  for (const path of ['/big', '/other']) expect((await content(backend.read(p(path)))).equals(bytes)).toBe(true)
})

test('one that says nothing else is told to the caller with its pause', async () => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  proxy.busy = 1000
  await expect(backend.write(p('/f'), bytesOf('x'))).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true, details: { retry_after_ms: 1000 } })
})

/** What a process that has died left of an upload: the name of it. */
async function halfOf(options: S3Options, key = 'f'): Promise<string> {
  const bucket = reach(options)
  const upload = await bucket.multipart.begin(key, 'c1', {})
  await bucket.multipart.part(key, upload, 1, Buffer.from('half'), {})
  bucket.close()
  return upload
}

async function left(options: S3Options, ...more: readonly string[]): Promise<string[]> {
  const bucket = reach(options)
  const uploads = await Promise.all(['big', 'f', ...more].map((key) => bucket.multipart.unfinished(key)))
  bucket.close()
  return uploads.flat().map(({ id }) => id)
}
