import { expect, test } from 'vitest'
import { Inbox } from '../../../src/ipfs/inbox.ts'
import { Inboxes } from '../../../src/ipfs/inboxes.ts'
import type { Message, Pubsub } from '../../../src/ipfs/network-types.ts'

const message = (text: string): Message => ({ from: null, topic: 't', data: Buffer.from(text), sequence: null })
const ALL = { messages: 10_000, bytes: Infinity }
const NEVER = new AbortController().signal

function filled(count: number, size = 1): Inbox {
  const inbox = new Inbox()
  for (let i = 0; i < count; i++) inbox.push(message(String(i % 10).repeat(size)))
  return inbox
}

test('readers go on from where they were, each in pages of his own', () => {
  const inbox = filled(5)
  const page = inbox.from(1, { messages: 2, bytes: 100 })
  expect(page).toMatchObject({ next: 3, dropped: 0, more: 2 })
  expect(page.held.map(({ position }) => position)).toEqual([1, 2])
  expect(inbox.from(page.next, ALL).held.map(({ position }) => position)).toEqual([3, 4])
  expect(inbox.from(5, ALL)).toEqual({ held: [], next: 5, dropped: 0, more: 0 })
})

test('a page has so many bytes, and always one message', () => {
  const inbox = filled(4, 10)
  expect(inbox.from(0, { messages: 10, bytes: 25 })).toMatchObject({ held: [{}, {}], more: 2 })
  expect(inbox.from(0, { messages: 10, bytes: 1 })).toMatchObject({ held: [{}], more: 3 })
})

test('the oldest are dropped and counted, by number and by bytes', () => {
  expect(filled(1500).from(100, ALL)).toMatchObject({ dropped: 400, next: 1500 })
  const large = filled(30, 100_000)
  const { held, dropped } = large.from(0, ALL)
  expect(held.length + dropped).toBe(30)
  expect(held.length * 100_000).toBeLessThanOrEqual(2 << 20)
  expect(filled(1, 3 << 20).from(0, ALL)).toEqual({ held: [], next: 1, dropped: 1, more: 0 })
})

test('of much the newest, in their order', () => {
  const { held, dropped, more } = filled(20, 10).newest({ messages: 3, bytes: 1000 })
  expect([held.map(({ position }) => position), dropped, more]).toEqual([[17, 18, 19], 17, 0])
  expect(filled(20, 10).newest({ messages: 100, bytes: 45 }).held.length).toBe(4)
  expect(new Inbox().newest(ALL)).toEqual({ held: [], next: 0, dropped: 0, more: 0 })
})

test('what is held is no part of a larger buffer', () => {
  const inbox = new Inbox()
  inbox.push({ ...message(''), data: new Uint8Array(1 << 20).subarray(0, 3) })
  expect(inbox.from(0, ALL).held[0]?.message.data.buffer.byteLength).toBe(3)
})

test('who waits is woken by a message, by the end of his time, and by his own leaving', async () => {
  const inbox = filled(1)
  await inbox.arrival(0, 60_000, NEVER)
  const woken = inbox.arrival(1, 60_000, NEVER)
  inbox.push(message('x'))
  await woken
  await inbox.arrival(2, 1, NEVER)
  const leaving = new AbortController()
  const left = inbox.arrival(2, 60_000, leaving.signal)
  leaving.abort()
  await left
  expect(inbox.from(2, ALL).held).toEqual([])
})

/** Counts subscriptions, and fails or ends them on demand. */
function counted() {
  const open = new Set<string>()
  const ends: ((error: unknown) => void)[] = []
  let failing = false
  const subscribe: Pubsub['subscribe'] = async (topic, _, onEnd) => {
    if (failing) throw new Error('no')
    open.add(topic)
    ends.push(onEnd)
    return async () => void open.delete(topic)
  }
  const pubsub: Pubsub = { subscribe, publish: async () => {}, peers: async () => [] }
  return { pubsub, open, end: () => ends.forEach((end) => end(new Error('gone'))), fail: (on: boolean) => void (failing = on) }
}

test('a topic is subscribed to once, and of too many the one that was not used for longest ends', async () => {
  const { pubsub, open } = counted()
  const inboxes = new Inboxes(pubsub, () => {})
  const [one, again] = await Promise.all([inboxes.open('t0'), inboxes.open('t0')])
  expect(again).toBe(one)
  for (let i = 1; i < 40; i++) await inboxes.open(`t${i}`)
  expect([open.size, open.has('t39'), open.has('t0')]).toEqual([32, true, false])
  expect(await inboxes.open('t0')).not.toBe(one)
  await inboxes[Symbol.asyncDispose]()
  expect(open.size).toBe(0)
})

test('of many topics that are asked for together no more stay than one by one', async () => {
  const { pubsub, open } = counted()
  const inboxes = new Inboxes(pubsub, () => {})
  await Promise.all(Array.from({ length: 1000 }, (_, i) => inboxes.open(`t${i}`)))
  expect(open.size).toBeLessThanOrEqual(32)
  await inboxes[Symbol.asyncDispose]()
})

test('a subscription that could not begin, or that ended, begins anew with the next call', async () => {
  const { pubsub, end, fail } = counted()
  const inboxes = new Inboxes(pubsub, () => {})
  fail(true)
  await expect(inboxes.open('t')).rejects.toThrow('no')
  fail(false)
  const first = await inboxes.open('t')
  end()
  expect((await inboxes.open('t')).id).not.toBe(first.id)
})
