import { expect, test } from 'vitest'
import { openContentStore } from '../../../src/content/store.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { Child } from '../../support/children.ts'
import { openTestGateway } from '../../support/gateway.ts'

const WRITERS = 4
const ROUNDS = 8
const SCRIPT = new URL('../../support/collecting-writer.ts', import.meta.url)
const call = { actor: { client: 'test', session: 'reader', tool: 'test' } }

const sizeOf = async (source: AsyncIterable<Uint8Array>): Promise<number> => {
  let size = 0
  for await (const part of source) size += part.length
  return size
}

test('four processes that pin, write, replace, remove and undo lose nothing to one that collects all the time', { timeout: 180_000 }, async () => {
  await using t = await openTestGateway()
  const { gateway, work } = t
  const { ipfs, vfs, journal } = gateway
  const children = Array.from({ length: WRITERS }, (_, id) => new Child(SCRIPT, gateway.config.data_dir, work, `w${id}`, `${ROUNDS}`))
  const done = new AbortController()
  const written = Promise.all(children.map((child) => child.line())).finally(() => done.abort())
  written.catch(() => {}) // told below

  let [freed, recent] = [0, 0]
  while (!done.signal.aborted) {
    const { freed: gone, kept, missing } = await gateway.collect()
    expect(missing).toBe(0)
    freed += gone.blocks
    recent += kept.recent.blocks
  }
  await gateway.collect()
  expect(freed).toBeGreaterThan(0)
  expect(recent).toBeGreaterThan(0)

  const pinned = (await written).flatMap((line) => JSON.parse(line) as [string, number][])
  expect(pinned.length).toBeGreaterThanOrEqual(WRITERS * ROUNDS)
  for (const [cid, size] of pinned) expect(await sizeOf(ipfs.read(cid)), cid).toBe(size)
  await using content = await openContentStore({ folder: gateway.config.data_dir }) // the node shows no version
  for (const cid of journal.kept()) expect(await sizeOf(content.read(cid))).toBeGreaterThan(0)
  const files = (await Array.fromAsync(vfs.walk(p('/mfs'), { ...call, ignored: true }))).filter(({ kind }) => kind === 'file')
  for (const { path } of files) expect(await sizeOf((await vfs.open(path, call)).read()), path).toBeGreaterThan(0)

  for (let id = 0; id < WRITERS; id++) expect(await vfs.undo({ session: `w${id}` }, call)).toMatchObject({ conflicts: [] })
  expect(await Array.fromAsync(vfs.list(p('/mfs'), call))).toEqual([])
  await Promise.all(children.map((child) => child.ended()))
})
