import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rawCid } from '../../../src/core/cid.ts'
import { sign } from '../../../src/ipfs/embedded/ipns.ts'
import { NodeState } from '../../../src/ipfs/embedded/state.ts'
import { canonical } from '../../../src/ipfs/naming.ts'
import { openNode, temporaryFolder } from '../../support/content.ts'
import { LOOPBACK, machine, pair } from '../../support/machine.ts'
import { nameRouter } from '../../support/name-router.ts'

const TOLD = { lifetimeMs: 3_600_000, ttlMs: 60_000, offline: false }
const OFFLINE = { ...TOLD, offline: true }
const cidOf = (text: string): string => rawCid(Buffer.from(text))

test('processes of one folder publish one after the other under one name, and none goes back', async () => {
  await using folder = await temporaryFolder()
  await using one = await openNode(folder.path)
  await using two = await openNode(folder.path)
  await one.node.identity()
  const published = await Promise.all(
    Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? one : two).node.names.publish(cidOf(`${i}`), { ...OFFLINE, key: 'self' })),
  )
  const names = new Set(published.map((each) => each.name))
  expect(names.size).toBe(1)
  await using state = await NodeState.open(folder.path, one.content.blocks)
  const [name = ''] = names
  const record = await state.names.get(name)
  expect(record).toMatchObject({ sequence: 8, key: 'self', told: 0 })
  expect(await one.node.names.resolve(name)).toBe(record?.value)
  expect(await two.node.names.resolve(name)).toBe(record?.value)
})

test('what was published outlives the process, and a new neighbour is told of it', async () => {
  await using folder = await temporaryFolder()
  let name = ''
  {
    await using neighbour = await machine({ network: 'node' })
    const { addresses } = await neighbour.node.identity()
    await using open = await openNode(folder.path, { network: 'node', peering: { ...LOOPBACK, peers: addresses } })
    ;({ name } = await open.node.names.publish(cidOf('kept'), { ...TOLD, key: 'self' }))
  }
  await using later = await machine({ network: 'node' })
  const { addresses } = await later.node.identity()
  await using open = await openNode(folder.path, { network: 'node', peering: { ...LOOPBACK, peers: addresses } })
  await open.node.swarm.connections()
  await expect.poll(() => later.node.names.resolve(name).catch(() => ''), { timeout: 20_000 }).toBe(`/ipfs/${cidOf('kept')}`)
})

test('a record whose time is half over is signed anew, and no later than it was: another machine may have been', async () => {
  await using folder = await temporaryFolder()
  let name = ''
  {
    await using open = await openNode(folder.path)
    const { id } = await open.node.names.makeKey('site')
    ;({ name } = await open.node.names.publish(cidOf('old'), { ...OFFLINE, key: 'site' }))
    expect(name).toBe(id)
    await using state = await NodeState.open(folder.path, open.content.blocks)
    const record = await state.names.get(name)
    if (record) await state.names.put({ ...record, sequence: 5, expires: Date.now() - 1000, told: 1 })
  }
  await using neighbour = await machine({ network: 'node' })
  const { addresses } = await neighbour.node.identity()
  await using open = await openNode(folder.path, { network: 'node', peering: { ...LOOPBACK, peers: addresses } })
  await expect.poll(() => neighbour.node.names.resolve(name).catch(() => ''), { timeout: 20_000 }).toBe(`/ipfs/${cidOf('old')}`)
  await using state = await NodeState.open(folder.path, open.content.blocks)
  expect(await state.names.get(name)).toMatchObject({ sequence: 5, value: `/ipfs/${cidOf('old')}` })
  expect(await open.node.names.resolve(name)).toBe(`/ipfs/${cidOf('old')}`)
})

test('a key that another machine signed with later is believed later', async () => {
  await using open = await pair()
  const { id } = await open.one.node.names.makeKey('shared')
  await open.two.node.names.makeKey('shared')
  await writeFile(join(open.two.folder, 'keys', 'shared.key'), await readFile(join(open.one.folder, 'keys', 'shared.key')))
  await open.one.node.names.publish(cidOf('first'), { ...TOLD, key: 'shared' })
  const second = await open.two.node.names.publish(cidOf('second'), { ...TOLD, key: 'shared' })
  expect(second.name).toBe(id)
  expect(await open.one.node.names.resolve(id)).toBe(`/ipfs/${cidOf('first')}`)
  expect(await open.one.node.names.resolve(id, { fresh: true })).toBe(`/ipfs/${cidOf('second')}`)
})

test('a publication that another machine was faster than is a conflict, and the next one is later', async () => {
  const key = await generateKeyPair('Ed25519')
  const theirs = await sign(key, { value: `/ipfs/${cidOf('theirs')}`, sequence: 7, expires: Date.now() + 600_000, ttl: 0 })
  await using router = await nameRouter([theirs])
  await using open = await machine({ network: 'client', peering: { routers: [router.url] } })
  const { id } = await open.node.names.addKey('shared', privateKeyToProtobuf(key))
  const outdone = open.node.names.publish(cidOf('ours'), { ...TOLD, key: 'shared' })
  await expect(outdone).rejects.toMatchObject({ code: 'CONFLICT', details: { value: `/ipfs/${cidOf('theirs')}` } })
  expect(await open.node.names.publish(cidOf('ours'), { ...TOLD, key: 'shared' })).toEqual({ name: id, value: `/ipfs/${cidOf('ours')}` })
  expect(router.kept()).toMatchObject({ value: `/ipfs/${cidOf('ours')}`, sequence: 8 })
})

test('keys lie in files for their owner alone, and one that cannot be read is not replaced', async () => {
  await using folder = await temporaryFolder()
  await using open = await openNode(folder.path)
  await open.node.names.makeKey('site')
  await open.node.names.keys()
  for (const file of ['peer.key', 'keys/site.key']) expect((await stat(join(folder.path, file))).mode & 0o777).toBe(0o600)
  await writeFile(join(folder.path, 'peer.key'), 'no key')
  await expect(open.node.names.publish(cidOf('x'), { ...OFFLINE, key: 'self' })).rejects.toMatchObject({ code: 'IO_ERROR' })
  expect(await readFile(join(folder.path, 'peer.key'), 'utf8')).toBe('no key')
})

test('what a person has put among the keys under a name that is none of a key hides no key', async () => {
  await using folder = await temporaryFolder()
  await using open = await openNode(folder.path)
  const key = await open.node.names.makeKey('site')
  for (const name of ['site (copy).key', 'self.key', '.key']) await writeFile(join(folder.path, 'keys', name), 'whatever')
  expect(await open.node.names.keys()).toEqual([expect.objectContaining({ name: 'self' }), key])
  expect(await open.node.names.publish(cidOf('x'), { ...OFFLINE, key: 'site' })).toMatchObject({ name: key.id })
})

test('of callers who make one key at once, in one process or several, one makes it, and is told what lies in the file', async () => {
  await using folder = await temporaryFolder()
  await using one = await openNode(folder.path)
  await using two = await openNode(folder.path)
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? one : two).node.names.makeKey('site')))
  const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const refused = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []))
  expect(refused).toEqual(Array(7).fill(expect.objectContaining({ code: 'ALREADY_EXISTS' })))
  expect((await two.node.names.keys()).slice(1)).toEqual(made)
})

test('a new folder has one key of its own, whoever asks for it first', async () => {
  await using folder = await temporaryFolder()
  await using open = await openNode(folder.path)
  const [{ peer }, ...names] = await Promise.all([
    open.node.identity(),
    ...Array.from({ length: 4 }, async () => (await open.node.names.keys())[0]?.id ?? ''),
    open.node.names.publish(cidOf('x'), { ...OFFLINE, key: 'self' }).then(({ name }) => name),
  ])
  expect(new Set(names)).toEqual(new Set([await canonical(peer)]))
})

test('a node whose key could not be read is the same as before once it can', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'peer.key')
  const stored = await (async () => {
    await using open = await openNode(folder.path)
    return { peer: (await open.node.identity()).peer, key: await readFile(file) }
  })()
  await writeFile(file, 'no key')
  await using open = await openNode(folder.path)
  await expect(open.node.identity()).rejects.toMatchObject({ code: 'IO_ERROR' })
  await writeFile(file, stored.key)
  expect((await open.node.identity()).peer).toBe(stored.peer)
})
