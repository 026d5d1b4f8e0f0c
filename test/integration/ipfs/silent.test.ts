import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Inboxes } from '../../../src/ipfs/inboxes.ts'
import { KuboPubsub } from '../../../src/ipfs/kubo/pubsub.ts'
import { Rpc } from '../../../src/ipfs/kubo/rpc.ts'
import { codeOf } from '../../contract/support.ts'
import { connect } from '../../support/gateway.ts'

/** Well below the deadline of a call: what waits for that fails. */
const SOON = 15_000

/** A Kubo that takes every call and answers none before it is told to. */
async function silent() {
  const asked: ServerResponse[] = []
  const waiting: ((answer: ServerResponse) => void)[] = []
  const server = createServer((_, answer) => {
    const next = waiting.shift()
    if (next) next(answer)
    else asked.push(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rpc = new Rpc(async () => ({ url }))
  return {
    url,
    pubsub: new KuboPubsub(() => rpc),
    /** The next call that it was asked, as what can be answered. */
    call: (): Promise<ServerResponse> => {
      const first = asked.shift()
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve))
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const nothing = (): void => {}

test('a Kubo that takes a subscription and never answers is waited for no longer than anything else', async () => {
  await using kubo = await silent()
  expect(await codeOf(kubo.pubsub.subscribe('t', nothing, nothing, { timeoutMs: 200 }))).toBe('TIMEOUT')
  expect(await codeOf(kubo.pubsub.subscribe('t', nothing, nothing, { signal: AbortSignal.timeout(100) }))).toBe('CANCELLED')
})

test(
  'a client that gives up ends the subscription that has not begun, and nothing waits for it at the end',
  async () => {
    await using kubo = await silent()
    await using session = await connect({ config: { ipfs: { engine: kubo.url, network: 'node' } } })
    const gone = new AbortController()
    const calling = session.client.callTool({ name: 'ipfs_pubsub_subscribe', arguments: { topic: 't' } }, { signal: gone.signal })
    const answer = await kubo.call()
    gone.abort()
    await Promise.all([once(answer, 'close'), expect(calling).rejects.toThrow(/abort/i)])
  },
  SOON,
)

test(
  'a subscription that others wait for too goes on when one of them has gone, and ends when all have',
  async () => {
    await using kubo = await silent()
    await using inboxes = new Inboxes(kubo.pubsub, nothing)
    const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()]
    const left = codeOf(inboxes.open('t', { signal: one.signal }))
    const stayed = inboxes.open('t', { signal: two.signal })
    const first = await kubo.call()
    one.abort()
    expect(await left).toBe('CANCELLED')
    first.writeHead(200).flushHeaders()
    const inbox = await stayed
    two.abort() // it is open, and outlives the call
    expect(await inboxes.open('t')).toBe(inbox)

    const alone = codeOf(inboxes.open('u', { signal: three.signal }))
    const second = await kubo.call()
    three.abort()
    await once(second, 'close')
    expect(await alone).toBe('CANCELLED')
  },
  SOON,
)

test(
  'of too many topics that are opening, those that were asked for first are told to come again',
  async () => {
    await using kubo = await silent()
    await using inboxes = new Inboxes(kubo.pubsub, nothing)
    const opening = Array.from({ length: 34 }, (_, i) => codeOf(inboxes.open(`t${i}`)))
    expect(await Promise.all(opening.slice(0, 2))).toEqual(['BUSY', 'BUSY'])
  },
  SOON,
)

test(
  'ending does not wait for a subscription that is still opening',
  async () => {
    await using kubo = await silent()
    const inboxes = new Inboxes(kubo.pubsub, nothing)
    const opening = codeOf(inboxes.open('t'))
    const answer = await kubo.call()
    await Promise.all([once(answer, 'close'), inboxes[Symbol.asyncDispose]()])
    expect(await opening).toBe('CANCELLED')
  },
  SOON,
)
