import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { CID } from 'multiformats/cid'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { Encoded, Link } from '../../../src/content/unixfs/codec.ts'
import { buildFolder } from '../../../src/content/unixfs/folder-builder.ts'
import { V1 } from '../../../src/content/unixfs/profile.ts'
import type { Block, IpfsNode } from '../../../src/ipfs/types.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { pageOf } from '../../../tools/vfs/listing.ts'
import { keep } from '../../support/dag.ts'
import type { ConnectedGateway } from '../../support/gateway.ts'
import { onEngines } from '../../support/on-engines.ts'
import { call } from '../../support/vfs.ts'

const LEVELS = 40
const SOON = { timeout: 60_000 }

/** Each folder names the next one twice: few blocks, and more paths than anybody could walk. */
async function endless({ blocks }: IpfsNode): Promise<string> {
  const made: Block[] = []
  const save = async ({ cid, block }: Encoded): Promise<void> => void made.push({ cid: cid.toString(), bytes: block })
  let below = await buildFolder([], save, { format: V1.format, meta: {}, profile: V1 })
  for (let level = 0; level < LEVELS; level++) {
    const links = ['a', 'b'].map((name) => ({ name, cid: below.cid, tsize: below.tsize }))
    below = await buildFolder(links, save, { format: V1.format, meta: {}, profile: V1 })
  }
  await keep(blocks, ...made)
  return below.cid.toString()
}

/** Every tool that takes all of a folder. */
const taking = (cid: string, to: string): readonly (readonly [string, Readonly<Record<string, unknown>>])[] => [
  ['vfs_copy', { from: `/ipfs/${cid}`, to, recursive: true }],
  ['vfs_move', { from: '/mfs/endless', to }],
  ['vfs_stat', { path: `/ipfs/${cid}`, recursive: true }],
  ['vfs_sync_to_ipfs', { path: `/ipfs/${cid}` }],
  ['vfs_sync_from_ipfs', { cid, path: to }],
  ['ipfs_add', { from: `/ipfs/${cid}` }],
  ['ipfs_get', { cid, to }],
]

const linked = async (session: ConnectedGateway, cid: string): Promise<unknown> =>
  (await session.call('ipfs_files_cp', { from: `/ipfs/${cid}`, to: '/endless' })).ok

onEngines('a folder of a few blocks that has no end', (connect) => {
  test('is refused at once by whatever would take all of it, and nothing is made', SOON, async () => {
    await using session = await connect()
    const cid = await endless(session.gateway.ipfs)
    expect(await linked(session, cid)).toBe(true)
    for (const [tool, args] of taking(cid, `${session.work}/got`))
      expect((await session.call(tool, args)).result, tool).toMatchObject({ error_code: 'INVALID_PATH' })
    expect(await readdir(session.work)).toEqual([])
  })

  test('is told from one of which a part is missing: the rest of that is copied', async () => {
    await using session = await connect()
    const { ipfs: node, vfs } = session.gateway
    const made: Encoded[] = []
    const save = async (encoded: Encoded): Promise<void> => void made.push(encoded)
    const folder = (links: readonly Link[]) => buildFolder([...links], save, { format: V1.format, meta: {}, profile: V1 })
    const note = await node.add(bytesOf('note'))
    const inside = { cid: CID.parse(note.cid), tsize: note.tsize }
    const [lost, there] = [await folder([{ ...inside, name: 'other' }]), await folder([{ ...inside, name: 'note' }])]
    const torn = await folder([{ ...lost, name: 'lost' }])
    const root = await folder([
      { ...there, name: 'there' },
      { ...torn, name: 'torn' },
    ])
    await keep(node.blocks, ...made.slice(1).map(({ cid, block }) => ({ cid: cid.toString(), bytes: block })))
    const copied = await vfs.copyInto(vfsPath(`/ipfs/${root.cid.toString()}`), vfsPath(`${session.work}/got`), call)
    expect(copied).toMatchObject({ copied: 1, failed: [{ code: 'OFFLINE' }] })
  })

  test('is looked through in pages, each of which ends in time', SOON, async () => {
    await using session = await connect()
    const path = vfsPath(`/ipfs/${await endless(session.gateway.ipfs)}`)
    const look = (cursor?: string) => {
      const late = new AbortController()
      const seen: string[] = []
      const accept = (item: { readonly path: string }): boolean => {
        if (seen.push(item.path) === 500) late.abort()
        return false
      }
      const query = { path, depth: Infinity, ignored: true, limit: 10, cursor, query: 'endless', accept, line: () => '' }
      const page = pageOf(session.gateway.vfs, query, { ...call, signal: new AbortController().signal, progress: () => {}, attach: () => {} }, late.signal)
      return page.then(({ items, next }) => ({ items, next, seen }))
    }
    const first = await look()
    expect(first).toMatchObject({ items: [], next: expect.any(String) })
    const second = await look(first.next ?? undefined)
    expect(new Set([...first.seen, ...second.seen]).size).toBe(1000)
  })
})
