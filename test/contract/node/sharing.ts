import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { noise, text } from '../../support/content.ts'
import { rootOf, unique } from './make.ts'
import type { PairOf } from './pair.ts'

const KEYS = {
  RSA: () => generateKeyPair('RSA', 2048),
  secp256k1: () => generateKeyPair('secp256k1'),
}

export function sharing(pair: PairOf): void {
  test('what the other has pinned is fetched, a large file and a folder, and can be pinned here', async () => {
    const { here, there } = pair()
    const note = unique()
    const root = await rootOf(there, [
      { path: 'big', content: noise(3 << 20, 7) },
      { path: 'sub/note', content: bytesOf(note) },
    ])
    await there.pins.add(root)
    expect(await text(here.read(`${root}/sub/note`))).toBe(note)
    await here.pins.add(root)
    const [sent, got] = await Promise.all([there, here].map(async (node) => Buffer.concat(await Array.fromAsync(node.read(`${root}/big`)))))
    expect(got?.equals(sent ?? Buffer.of())).toBe(true)
  })

  test('a name that the other publishes is resolved, followed when it moves, and read through', async () => {
    const { here, there } = pair()
    const told = { lifetimeMs: 3_600_000, ttlMs: 60_000, offline: false }
    const [one, two] = [await there.add(bytesOf(unique('one'))), await there.add(bytesOf(unique('two')))]
    await there.pins.add(one.cid)
    const key = await there.names.makeKey(unique('key'))
    const { name } = await there.names.publish(one.cid, { ...told, key: key.name })
    expect(await here.names.resolve(name, { recursive: true })).toBe(`/ipfs/${one.cid}`)
    expect(await text(here.read(`/ipns/${name}`))).toMatch(/^one/)
    await there.names.publish(two.cid, { ...told, key: key.name })
    expect(await here.names.resolve(name, { fresh: true })).toBe(`/ipfs/${two.cid}`)
    const silent = await there.names.makeKey(unique('silent'))
    await expect(here.names.resolve(silent.id)).rejects.toMatchObject({ code: 'NAME_NOT_FOUND' })
  })

  test.each(Object.keys(KEYS) as (keyof typeof KEYS)[])('a name of a key of type %s that the other has signed is believed', async (type) => {
    const { here, there } = pair()
    const key = await there.names.addKey(unique('key'), privateKeyToProtobuf(await KEYS[type]()))
    const { cid } = await there.add(bytesOf(unique()))
    await there.names.publish(cid, { key: key.name, lifetimeMs: 3_600_000, ttlMs: 60_000, offline: false })
    expect(await here.names.resolve(key.id)).toBe(`/ipfs/${cid}`)
  })

  test('of two machines with one key, the one that publishes last is believed, however often the other one has', async () => {
    const { here, there } = pair()
    const told = { key: unique('key'), lifetimeMs: 3_600_000, ttlMs: 60_000, offline: false }
    const key = privateKeyToProtobuf(await generateKeyPair('Ed25519'))
    for (const node of [here, there]) await node.names.addKey(told.key, key)
    const paths = await Promise.all(['a', 'b', 'c', 'd'].map(async (each) => `/ipfs/${(await there.add(bytesOf(unique(each)))).cid}`))
    const last = paths.pop() ?? ''
    await here.names.publish(last, { ...told, offline: true })
    for (const path of paths) await there.names.publish(path, { ...told, lifetimeMs: 2 * told.lifetimeMs })
    const { name } = await here.names.publish(last, told)
    for (const node of [here, there]) expect(await node.names.resolve(name, { fresh: true })).toBe(last)
  })

  test('two names of the other that point to each other are followed to no end', async () => {
    const { here, there } = pair()
    const told = { lifetimeMs: 3_600_000, ttlMs: 60_000, offline: false }
    const [one, two] = [await there.names.makeKey(unique('key')), await there.names.makeKey(unique('key'))]
    await there.names.publish(`/ipns/${two.id}`, { ...told, key: one.name })
    await there.names.publish(`/ipns/${one.id}`, { ...told, key: two.name })
    for (const work of [
      () => here.names.resolve(one.id, { recursive: true }),
      () => here.names.resolve(one.id, { recursive: true, fresh: true }),
      () => here.stat(`/ipns/${one.id}`),
      () => text(here.read(`/ipns/${two.id}/below`)),
      () => Array.fromAsync(here.list(`/ipns/${two.id}`)),
    ])
      await expect(work(), String(work)).rejects.toMatchObject({ code: 'NAME_NOT_FOUND' })
  })
}
