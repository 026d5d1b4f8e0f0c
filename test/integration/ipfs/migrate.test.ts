import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { beforeEach, describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { ownKeys } from '../../../src/ipfs/embedded/own-keys.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { keystore } from '../../../src/ipfs/kubo/keystore.ts'
import { migrate, type Side } from '../../../src/ipfs/migrate/index.ts'
import type { Key } from '../../../src/ipfs/network-types.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { rootOf } from '../../contract/node/make.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { noise, openNode, temporaryFolder, text } from '../../support/content.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'

beforeEach(needsKubo)

/** An engine, and a disk of it that loses a block. */
type TestSide = Side & { readonly node: IpfsNode; readonly lose: (cid: string) => Promise<void> }

interface Sides extends AsyncDisposable {
  readonly embedded: TestSide
  readonly kubo: TestSide & { readonly run: (...args: string[]) => Promise<string> }
}

/** Both engines with empty data folders. */
async function both(flags: readonly string[] = ['--offline']): Promise<Sides> {
  await using ground = new AsyncDisposableStack()
  const daemon = ground.use(await KuboDaemon.start({ flags }))
  const folder = ground.use(await temporaryFolder()).path
  const { node: embedded } = ground.use(await openNode(folder))
  const endpoint = async () => daemon
  const kubo = ground.use(await kuboNode({ endpoint, folder, network: 'off', repository: 'test' }))
  const kept = ground.move()
  return {
    embedded: { node: embedded, readKey: ownKeys(folder), lose: async (cid) => lose(folder, cid) },
    kubo: {
      node: kubo,
      readKey: keystore(daemon.folder),
      lose: async (cid) => void (await daemon.run(['block', 'rm', '--force', cid])),
      run: (...args) => daemon.run(args),
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function lose(folder: string, cid: string): void {
  const index = new Database(join(folder, 'blocks.db'))
  index.run('DELETE FROM block WHERE multihash = ?', CID.parse(cid).multihash.bytes)
  index.close()
}

/** Pins of each type, a tree, and a key. */
async function furnish(node: IpfsNode): Promise<{ readonly root: string; readonly file: string }> {
  const root = await rootOf(node, [
    { path: 'd/big', content: noise(3 << 20) },
    { path: 'é #?', content: bytesOf('odd') },
  ])
  const file = (await node.add(bytesOf('alone'))).cid
  await node.pins.add(root, { name: 'tree' })
  await node.pins.add(file, { recursive: false })
  await node.mfs.link('/folder', root)
  await node.mfs.link('/file', file)
  await node.names.makeKey('blog')
  return { root, file }
}

const pinsOf = async (node: Pick<IpfsNode, 'pins'>) => (await Array.fromAsync(node.pins.list())).map(({ cid, type, name }) => ({ cid, type, name }))

const WAYS = [
  ['embedded', 'kubo'],
  ['kubo', 'embedded'],
] as const

describe.each(WAYS)('from %s to %s', (from, to) => {
  test('pins, the mutable tree and keys are carried over, and the roots are the same', async () => {
    await using sides = await both()
    const { [from]: source, [to]: target } = sides
    const { root, file } = await furnish(source.node)
    const before = [await pinsOf(source.node), await source.node.mfs.root(), await source.node.names.keys()]
    const done = await migrate(source, target)
    expect(done).toMatchObject({ pins: { left: [] }, mfs: { carried: 2, left: [], same: true }, keys: { carried: 1, left: [] } })
    expect(await target.node.mfs.root()).toBe(await source.node.mfs.root())
    expect(await pinsOf(target.node)).toEqual(
      expect.arrayContaining([
        { cid: root, type: 'recursive', name: 'tree' },
        { cid: file, type: 'direct', name: null },
      ]),
    )
    expect(await text(target.node.read(`${root}/é #?`))).toBe('odd')
    const key = (node: Side['node']) => node.names.keys().then((keys) => keys.find(({ name }) => name === 'blog')?.id)
    expect(await key(target.node)).toBe(await key(source.node))
    expect([await pinsOf(source.node), await source.node.mfs.root(), await source.node.names.keys()]).toEqual(before)
  })

  test('it can be repeated, goes on where it was cut off, and never replaces what the target has', async () => {
    await using sides = await both()
    const { [from]: source, [to]: target } = sides
    await furnish(source.node)
    await expect(migrate(source, target, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    const other = (await target.node.add(bytesOf('other'))).cid
    await target.node.mfs.link('/file', other)
    const first = await migrate(source, target)
    expect(first.mfs).toMatchObject({ carried: 1, left: [expect.stringMatching(/^\/file: /)], same: false })
    const second = await migrate(source, target)
    expect(second).toMatchObject({ pins: { carried: 0, left: [] }, mfs: { carried: 0, already: 1 }, keys: { carried: 0, already: 1 }, blocks: 0 })
    expect((await target.node.mfs.stat('/file')).cid).toBe(other)
  })
})

describe.each(WAYS)('from %s, which has lost blocks, to %s', (from, to) => {
  test('what hung on them stays behind and is told, and all else is carried', async () => {
    await using sides = await both()
    const { [from]: source, [to]: target } = sides
    const [lost, folder, kept] = [
      await addedTo(source.node, 'lost'),
      await rootOf(source.node, [{ path: 'f', content: bytesOf('below') }]),
      await addedTo(source.node, 'kept'),
    ]
    for (const [path, cid] of [
      ['/a', lost],
      ['/both', folder],
      ['/d', folder],
      ['/z', kept],
    ] as const)
      await source.node.mfs.link(path, cid)
    await target.node.mfs.link('/both', await addedTo(target.node, undefined))
    await source.node.names.makeKey('blog')
    for (const cid of [lost, folder]) await source.lose(cid)
    const done = await migrate(source, target)
    expect(done).toMatchObject({ mfs: { carried: 1, same: false }, keys: { carried: 1 } })
    expect(done.mfs.left.map((told) => told.split(':')[0])).toEqual(['/a', '/both', '/d'])
    expect(await treeOf(target.node)).toEqual({ '/both': 'folder', '/z': kept })
  })
})

/** Every file and folder of the mutable tree, by its path. */
async function treeOf({ mfs }: Pick<IpfsNode, 'mfs'>, folder = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { name, kind, cid } of mfs.list(folder || '/')) {
    const path = `${folder}/${name}`
    if (kind === 'directory') Object.assign(found, { [path]: 'folder' }, await treeOf({ mfs }, path))
    else found[path] = cid
  }
  return found
}

describe.each(WAYS)('from %s into %s, which has pins, a tree and keys already', (from, to) => {
  test('both are there afterwards; where they differ what was there stays, and what was left is told', async () => {
    await using sides = await both()
    const { [from]: source, [to]: target } = sides
    const { root, file } = await furnish(source.node)
    await source.node.pins.add(await addedTo(source.node, 'theirs'), { name: 'theirs' })
    for (const [path, content] of [
      ['/both', undefined],
      ['/both/same', 'same'],
      ['/both/deep', undefined],
      ['/both/deep/theirs', 'theirs'],
      ['/kinds', 'a file'],
      ['/folders', undefined],
    ] as const)
      await source.node.mfs.link(path, await addedTo(source.node, content))

    const { node } = target
    await rootOf(node, [
      { path: 'd/big', content: noise(3 << 20) },
      { path: 'é #?', content: bytesOf('odd') },
    ]) // what furnish gives
    await node.add(bytesOf('alone'))
    await node.pins.add(await addedTo(node, 'mine'), { name: 'mine' })
    await node.pins.add(root, { recursive: false, name: 'its block' })
    await node.pins.add(file, { name: 'all of it' })
    for (const [path, content] of [
      ['/both', undefined],
      ['/both/same', 'same'],
      ['/both/deep', undefined],
      ['/both/deep/mine', 'mine'],
      ['/file', 'another'],
      ['/kinds', undefined],
      ['/kinds/mine', 'mine'],
      ['/folders', 'a file'],
      ['/mine', 'mine'],
    ] as const)
      await node.mfs.link(path, await addedTo(node, content))
    await node.names.makeKey('blog')
    await node.names.makeKey('mine')
    const before = { pins: await pinsOf(node), tree: await treeOf(node), keys: await node.names.keys() }

    const done = await migrate(source, target)
    expect(done).toMatchObject({ pins: { left: [] }, mfs: { carried: 2, already: 1, same: false }, keys: { carried: 0 } })
    expect(done.mfs.left.map((told) => told.split(':')[0])).toEqual(['/file', '/folders', '/kinds'])
    expect(done.keys.left).toEqual([expect.stringMatching(/^blog: .* another key/)])
    expect(await treeOf(node)).toEqual({ ...(await treeOf(source.node)), ...before.tree })
    expect(await node.names.keys()).toEqual(before.keys)
    const strengthened = before.pins.map((pin) => (pin.cid === root ? { ...pin, type: 'recursive' } : pin))
    expect(await pinsOf(node)).toEqual(expect.arrayContaining([...strengthened, { cid: await addedTo(node, 'theirs'), type: 'recursive', name: 'theirs' }]))
    const added = new Set((await pinsOf(node)).map(({ cid }) => cid)).difference(new Set(before.pins.map(({ cid }) => cid)))
    expect(added).toEqual(new Set([await addedTo(node, 'theirs'), ...(from === 'kubo' ? [KUBO_S_OWN] : [])]))
    expect(await migrate(source, target)).toMatchObject({
      pins: { carried: 0 },
      mfs: { carried: 0, left: done.mfs.left },
      keys: { carried: 0, left: done.keys.left },
    })
  })
})

const ODD = ['e\u0301', '\u00e9', '\u{1F600}', ' lead', 'trail ', 'a\tb', '%2F', '#?', '\\', '-r', '..dots', '\u202e', 'x'.repeat(255)]

test('keys of every type that Kubo makes sign on the other side, and odd names and a sharded folder are the same there and back', async () => {
  await using sides = await both([])
  const { embedded, kubo } = sides
  const types = ['ed25519', 'rsa', 'secp256k1']
  for (const type of types) await kubo.run('key', 'gen', '--type', type, type)
  await kubo.run('key', 'gen', 'no name')
  const large = Array.from({ length: 1300 }, (_, i) => ({ path: `${'long'.repeat(50)}${i}`, content: bytesOf(String(i % 7)) }))
  const root = await rootOf(kubo.node, [...large, ...ODD.map((path) => ({ path, content: bytesOf(path) }))])
  await kubo.node.mfs.link('/sharded', root)
  for (const name of ODD) await kubo.node.mfs.link(`/${name}`, await addedTo(kubo.node, name))

  const done = await migrate(kubo, embedded)
  expect(done).toMatchObject({ mfs: { same: true, left: [] }, keys: { carried: 3, left: [expect.stringMatching(/^no name: .* letters/)] } })
  for (const type of types) {
    const { name } = await embedded.node.names.publish(root, { key: type, lifetimeMs: 3_600_000, ttlMs: 60_000, offline: true })
    expect((await kubo.node.names.keys()).find((key) => key.name === type)?.id).toBe(name)
  }
  await embedded.node.mfs.link('/sharded/one more', await addedTo(embedded.node, 'more'))
  await kubo.node.mfs.unlink('/sharded')
  expect(await migrate(embedded, kubo)).toMatchObject({ mfs: { carried: 1, left: [], same: true }, names: { carried: 3, left: [] } })
  const named = (await kubo.node.names.keys()).filter(({ name }) => types.includes(name))
  expect(await Promise.all(named.map(({ id }) => kubo.node.names.resolve(id)))).toEqual(types.map(() => `/ipfs/${root}`))
})

const KUBO_S_OWN = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn' // its empty folder, which it pins when it makes its repository

/** A file, or an empty folder. */
const addedTo = async (node: IpfsNode, content: string | undefined): Promise<string> =>
  content === undefined ? rootOf(node, []) : (await node.add(bytesOf(content))).cid

const blog = async (node: Side['node']): Promise<Key> => {
  const key = (await node.names.keys()).find(({ name }) => name === 'blog')
  return key ?? node.names.makeKey('blog')
}

const publish = async (node: Side['node'], content: string): Promise<void> =>
  void (await node.names.publish(rawCid(Buffer.from(content)), { key: 'blog', lifetimeMs: 3_600_000, ttlMs: 60_000, offline: true }))

const valueOf = (content: string): string => `/ipfs/${rawCid(Buffer.from(content))}`

describe.each(WAYS)('a name from %s to %s', (from, to) => {
  test('goes on: what is published there is later, and an older record never comes back', async () => {
    await using sides = await both([])
    const { [from]: source, [to]: target } = sides
    const sequence = async (node: Side['node']) => (await node.names.last(await blog(node)))?.sequence ?? -1
    const { id } = await blog(source.node)
    await source.node.names.makeKey('silent')
    for (const content of ['one', 'two', 'three']) await publish(source.node, content)
    const last = await sequence(source.node)
    expect((await migrate(source, target)).names).toEqual({ carried: 1, already: 0, left: [] })
    expect(await target.node.names.resolve(id)).toBe(valueOf('three'))
    expect((await migrate(source, target)).names).toEqual({ carried: 0, already: 1, left: [] })
    await publish(target.node, 'four')
    expect(await sequence(target.node)).toBe(last + 1)
    expect((await migrate(source, target)).names).toEqual({ carried: 0, already: 1, left: [] })
    expect(await target.node.names.resolve(id)).toBe(valueOf('four'))
    expect((await migrate(target, source)).names).toMatchObject({ carried: 1, left: [] })
    await publish(source.node, 'five')
    expect(await sequence(source.node)).toBe(last + 2)
  })
})

test('a Kubo that is off the network takes a name up, and hands none out: that is told', async () => {
  await using sides = await both()
  const { embedded, kubo } = sides
  const { id } = await blog(embedded.node)
  await publish(embedded.node, 'one')
  expect((await migrate(embedded, kubo)).names).toEqual({ carried: 1, already: 0, left: [] })
  expect((await migrate(embedded, kubo)).names).toEqual({ carried: 0, already: 1, left: [] })
  expect(await kubo.node.names.resolve(id)).toBe(valueOf('one'))
  await kubo.node.names.makeKey('silent')
  expect((await migrate(kubo, embedded)).names).toEqual({ carried: 0, already: 0, left: [expect.stringContaining('ipfs.network')] })
})

test('a name that has expired is carried so, and its count is', async () => {
  await using sides = await both([])
  const { embedded, kubo } = sides
  const key = await blog(embedded.node)
  await migrate(embedded, kubo)
  const expired = { value: valueOf('old'), sequence: 7, expires: Date.now() - 1000, ttl: 60_000 }
  expect(await kubo.node.names.takeUp(await blog(kubo.node), expired)).toBe(true)
  expect(await embedded.node.names.takeUp(key, expired)).toBe(true)
  await publish(kubo.node, 'new')
  expect(await kubo.node.names.last(key)).toMatchObject({ sequence: 8, value: valueOf('new') })
  await publish(embedded.node, 'new')
  expect(await embedded.node.names.last(key)).toMatchObject({ sequence: 8, value: valueOf('new') })
})
