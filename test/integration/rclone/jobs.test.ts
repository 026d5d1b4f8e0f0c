import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openRclone } from '../../../backends/rclone/rclone.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { timeout } from '../../../src/layers/timeout.ts'
import { codeOf, text } from '../../contract/support.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'

let control: Rclone
beforeEach(needsRclone)
beforeAll(async () => void (control = await Rclone.control()))
afterAll(() => control[Symbol.asyncDispose]())

/** A storage that holds `/f`, and has been asked to copy it, which it does not do before it is let go. */
async function copying(signal?: AbortSignal) {
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await Rclone.serving('webdav'))
  const proxy = parts.use(await FaultProxy.start(server.url))
  const remote = (await server.reached('webdav', control)).replace(server.url, proxy.endpoint)
  const [backend, another] = [parts.use(await control.backend(remote)), parts.use(await control.backend(remote))]
  await backend.write(p('/f'), bytesOf('content'))
  const met = proxy.next(/^COPY /, 'held')
  const copy = codeOf(backend.copy(p('/f'), p('/g'), { signal }).then(() => undefined))
  await met
  const owned = parts.move()
  return { proxy, backend, another, copy, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('a copy is a job of rclone; it is stopped when its caller goes, and what has become of it is not known', async () => {
  const leaving = new AbortController()
  await using t = await copying(leaving.signal)
  expect(await control.working()).toBe(1)
  leaving.abort()
  expect(await t.copy).toBe('OUTCOME_UNKNOWN')
  expect(await control.working()).toBe(0)
})

/** A storage whose server takes so long to copy `/f` to `/g`. */
async function copyingFor(ms: number) {
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await Rclone.serving('webdav'))
  const proxy = parts.use(await FaultProxy.start(server.url))
  const backend = parts.use(await control.backend((await server.reached('webdav', control)).replace(server.url, proxy.endpoint)))
  await backend.write(p('/f'), bytesOf('content'))
  const answer = async (): Promise<string> => {
    await sleep(ms)
    const headers = { authorization: server.endpoint.authorization ?? '', destination: `${server.url}/g` }
    expect((await fetch(`${server.url}/f`, { method: 'COPY', headers })).status).toBe(201)
    return 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
  }
  proxy.instead = { line: /^COPY /, answer }
  const owned = parts.move()
  return { backend, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('as long as rclone is at work no deadline passes', async () => {
  await using t = await copyingFor(5000)
  await timeout(t.backend, { ms: 60_000, writeMs: 2000 }).copy(p('/f'), p('/g'))
  expect(await text(t.backend.read(p('/g')))).toBe('content')
})

test('what one asked for, another one stops: that which is done at the same place, and nothing else', async () => {
  await using t = await copying()
  await t.another.stop(p('/other'))
  await t.another.write(p('/other'), bytesOf('x'))
  expect(await control.working()).toBe(1)
  await t.another.stop(p('/g'))
  expect(await control.working()).toBe(0)
  expect(await t.copy).toBe('OUTCOME_UNKNOWN')
  expect(await text(t.backend.read(p('/f')))).toBe('content')
})

test('a program that is started anew counts its jobs from one: none of those is taken for what was asked of the one before', async () => {
  await using first = await Rclone.control()
  await using second = await Rclone.control()
  await using server = await Rclone.serving('webdav')
  await using proxy = await FaultProxy.start(server.url)
  const remote = (await server.reached('webdav', first)).replace(server.url, proxy.endpoint)
  let { endpoint } = first
  await using backend = await openRclone({ remote, secret: async () => '', endpoint: async () => endpoint })
  await backend.write(p('/f'), bytesOf('content'))
  const met = proxy.next(/^DELETE /, 'held')
  const removal = codeOf(backend.remove(p('/f')).then(() => undefined))
  await met
  for (let asked = 0; asked < 200; asked++) await second.working() // each is a job that ends well
  endpoint = second.endpoint
  await first.kill()
  expect(await removal).toBe('OUTCOME_UNKNOWN')
  expect(await text(backend.read(p('/f')))).toBe('content')
})
