import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Connected } from '../support/client.ts'
import { serveEverything } from '../support/everything.ts'

const served = await serveEverything()
afterAll(() => served[Symbol.asyncDispose]())
const clients = [served.connected, await served.connect('other')]
const AT_ONCE = 8

type Call = readonly [tool: string, args: Readonly<Record<string, unknown>>]

/** Few names, so that nearly every call is in another one's way. */
const calls = (tops: readonly string[]): fc.Arbitrary<Call> => {
  const path = fc.tuple(fc.constantFrom(...tops), fc.constantFrom('a', 'b', 'd', 'd/a', 'd/b', 'e', 'e/f', 'e/f/g', 'd/e/x')).map((parts) => parts.join('/'))
  const content = fc.nat(999).map((number) => `w${number}`)
  const args = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model)
  const transfer = args({ from: path, to: path, overwrite: fc.boolean() })
  return fc.oneof(
    { weight: 2, arbitrary: args({ path, content }).map((given): Call => ['vfs_write', given]) },
    args({ path, recursive: fc.constant(true) }).map((given): Call => ['vfs_remove', given]),
    transfer.map((given): Call => ['vfs_move', given]),
    transfer.map((given): Call => ['vfs_copy', given]),
    args({ path }).map((given): Call => ['vfs_mkdir', given]),
    args({ path, old_string: fc.constant('w'), new_string: fc.constant('W') }).map((given): Call => ['vfs_edit', given]),
    args({ path: fc.constantFrom(...tops), ago: fc.nat(50) }).map((given): Call => ['vfs_undo', given]),
    fc.nat().map((nth): Call => ['vfs_undo', { nth }]),
  )
}

/** Every folder, and every file with its content. */
async function tree(client: Connected, top: string): Promise<string[]> {
  const entries = ((await client.call('vfs_find', { path: top, ignored: true })).result['entries'] ?? []) as { path: string; kind: string }[]
  return Promise.all(entries.map(async ({ path, kind }) => (kind === 'file' ? `${path}=${(await client.call('vfs_read', { path, raw: true })).text}` : path)))
}

/** The undo of one of the changes until now, or of what has just changed at a path. */
function undo(args: Call[1], changes: readonly string[]): Readonly<Record<string, unknown>> {
  const { nth, path, ago } = args
  if (typeof nth === 'number') return { change: changes[nth % Math.max(1, changes.length)] ?? 'c0' }
  return { path, since: new Date(Date.now() - Number(ago)).toISOString() }
}

async function race(some: readonly Call[]): Promise<void> {
  const queue = some.entries()
  const changes: string[] = []
  const work = async (): Promise<void> => {
    for (const [i, [tool, args]] of queue) {
      const { result, text } = await clients[i % clients.length]!.call(tool, tool === 'vfs_undo' ? undo(args, changes) : args)
      expect(text, `${tool} ${JSON.stringify(args)}`).not.toMatch(/^(INTERNAL|OUTCOME_UNKNOWN|IO_ERROR)/)
      if (typeof result['change'] === 'string') changes.push(result['change'])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

test('whatever two clients do in each other’s way, undos among it, the undo of all of it brings back what was, or does nothing', async () => {
  const [client] = clients as [Connected, Connected]
  const mounts = [served.folder, '/scratch', '/mfs']
  const tops = mounts.map((mount) => `${mount}/racing`)
  for (const top of tops) for (const name of ['a', 'd/b']) await client.call('vfs_write', { path: `${top}/${name}`, content: 'before' })
  const look = (top: string): Promise<string[]> => tree(client, top)
  const round = async (some: readonly Call[]): Promise<void> => {
    const before = await Promise.all(tops.map(look))
    await sleep(20) // the journal's times are in milliseconds
    const since = new Date().toISOString()
    await sleep(20)
    await race(some)
    for (const [i, top] of tops.entries()) {
      const raced = await look(top)
      const { ok } = await client.call('vfs_undo', { path: mounts[i], since })
      expect(await look(top)).toEqual(ok ? before[i] : raced)
    }
    expect((await client.call('vfs_history', { path: '/' })).text).not.toMatch(/\[(open|being taken back|in_doubt|conflict)/)
  }
  await fc.assert(fc.asyncProperty(fc.array(calls(tops), { minLength: 150, maxLength: 150 }), round), { numRuns: 5, endOnFailure: true })
}, 600_000)
