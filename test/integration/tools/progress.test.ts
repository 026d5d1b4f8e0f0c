import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'

const FILES = 250
const SIZE = 1 << 20

let session: ConnectedGateway
let change: unknown
let cid: unknown
const at = (path: string): string => `${session.work}/${path}`

beforeAll(async () => {
  const many = Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`many/${i % 10}/${i}`, `${i}`]))
  session = await connect({ files: { ...many, large: Buffer.alloc(SIZE, 'x') } })
  change = (await session.call('vfs_write', { path: at('written'), from: at('large') })).result['change']
  await session.call('vfs_write', { path: at('written'), content: 'small' })
  await session.call('vfs_copy', { from: at('many'), to: at('copied') })
  cid = (await session.call('ipfs_add', { from: at('many') })).result['cid']
})
afterAll(() => session[Symbol.asyncDispose]())

const CALLS: Readonly<Record<string, () => Record<string, unknown>>> = {
  vfs_ls: () => ({ path: at('many'), depth: 2 }),
  vfs_find: () => ({ path: at(''), glob: '**/none' }),
  vfs_tree: () => ({ path: at('many') }),
  vfs_write: () => ({ path: at('again'), from: at('large') }),
  vfs_restore: () => ({ path: at('written'), version: change }),
  vfs_copy: () => ({ from: at('many'), to: at('copy'), recursive: true }),
  vfs_undo: () => ({ path: at('copied'), since: '1h' }),
  ipfs_pin_add: () => ({ cid }),
}

test.each(Object.keys(CALLS))('%s tells how far it is, in numbers that rise', async (name) => {
  const heard: number[] = []
  await session.client.callTool({ name, arguments: CALLS[name]?.() ?? {} }, { onprogress: ({ progress }) => void heard.push(progress) })
  expect(heard.length).toBeGreaterThan(0)
  expect(heard).toEqual(heard.toSorted((a, b) => a - b))
})

test('a copy tells of files, bytes, rate and, once all is found, how much longer it takes', async () => {
  const heard: (string | undefined)[] = []
  const progress = (_done: number, _total?: number, message?: string): void => void heard.push(message)
  const caller = { actor: { client: 'test' }, signal: AbortSignal.timeout(60_000), progress }
  await session.gateway.registry.invoke('vfs_copy', { from: at('many'), to: at('told') }, caller)
  expect(heard.at(-1)).toMatch(/^250 of 250 files, 640 B of 640 B, [\d.]+ [KM]?i?B\/s, 0 s left$/)
})
