import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { base36 } from 'multiformats/bases/base36'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { text } from '../../support/content.ts'
import { type MakeNode, rootOf, unique } from './make.ts'

const OFFLINE = { lifetimeMs: 3_600_000, ttlMs: 60_000, offline: true }
const UNKNOWN = 'k51qzi5uqu5dleyy7mjwwufoupza91iwcxnt0cu0ln7gglwm2b8v5x267a1pie'

/** A name of a key that no other case has, and where it points to. */
async function published(node: IpfsNode, path: string) {
  const key = await node.names.makeKey(unique('key'))
  return { key, ...(await node.names.publish(path, { ...OFFLINE, key: key.name })) }
}

export function naming(make: MakeNode): void {
  test('a name is the id of its key, points to a path, and can be moved', async () => {
    await using open = await make()
    const { names: ours } = open.node
    const [one, two] = [await open.node.add(bytesOf(unique())), await open.node.add(bytesOf(unique()))]
    const { key, name, value } = await published(open.node, one.cid)
    expect([name, value]).toEqual([key.id, `/ipfs/${one.cid}`])
    expect(await ours.resolve(`/ipns/${name}`)).toBe(`/ipfs/${one.cid}`)
    await ours.publish(`/ipfs/${two.cid}/a`, { ...OFFLINE, key: key.name })
    expect(await ours.resolve(name, { recursive: true, fresh: true })).toBe(`/ipfs/${two.cid}/a`)
  })

  test('a name that holds for a shorter time than others may remember it is remembered as long as it holds', async () => {
    await using open = await make()
    const { cid } = await open.node.add(bytesOf(unique()))
    const key = await open.node.names.makeKey(unique('key'))
    const short = { key: key.name, lifetimeMs: 30_000, ttlMs: 300_000, offline: true }
    expect(await open.node.names.publish(cid, short)).toEqual({ name: key.id, value: `/ipfs/${cid}` })
    expect(await open.node.names.resolve(key.id)).toBe(`/ipfs/${cid}`)
  })

  test('a name points to no path that goes up, which some would follow and others not', async () => {
    await using open = await make()
    const { cid } = await open.node.add(bytesOf(unique()))
    for (const path of [`${cid}/../a`, `/ipfs/${cid}/a/..`, `${cid}/./a`, `/ipns/${UNKNOWN}/..`])
      await expect(published(open.node, path), path).rejects.toMatchObject({ code: 'INVALID_CID' })
  })

  test('a name that points to a name is followed step by step, or to the end', async () => {
    await using open = await make()
    const { cid } = await open.node.add(bytesOf(unique()))
    const inner = await published(open.node, cid)
    const outer = await published(open.node, `/ipns/${inner.name}`)
    expect(await open.node.names.resolve(outer.name)).toBe(`/ipns/${inner.name}`)
    expect(await open.node.names.resolve(outer.name, { recursive: true })).toBe(`/ipfs/${cid}`)
  })

  test('two names that point to each other are followed to no end', async () => {
    await using open = await make()
    const { names: ours } = open.node
    const [one, two] = [await ours.makeKey(unique('key')), await ours.makeKey(unique('key'))]
    await ours.publish(`/ipns/${two.id}`, { ...OFFLINE, key: one.name })
    await ours.publish(`/ipns/${one.id}`, { ...OFFLINE, key: two.name })
    await expect(ours.resolve(one.id, { recursive: true })).rejects.toMatchObject({ code: 'NAME_NOT_FOUND' })
  })

  test('content is read through a name', async () => {
    await using open = await make()
    const root = await rootOf(open.node, [{ path: 'd/note', content: bytesOf('hello') }])
    const { name } = await published(open.node, root)
    expect(await text(open.node.read(`/ipns/${name}/d/note`))).toBe('hello')
    expect(await open.node.stat(`/ipns/${name}/d/note`)).toMatchObject({ kind: 'file', size: 5 })
    expect(await open.node.resolve(`/ipns/${name}`)).toBe(root)
    await expect(open.node.stat(`/ipns/${name}/none`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('keys are listed, and no two have one name', async () => {
    await using open = await make()
    const key = await open.node.names.makeKey(unique('key'))
    const all = await open.node.names.keys()
    expect(all).toContainEqual(key)
    expect(all.map(({ name }) => name)).toContain('self')
    for (const name of [key.name, 'self']) await expect(open.node.names.makeKey(name)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    for (const name of ['', '../x', 'a/b', 'x'.repeat(65)]) await expect(open.node.names.makeKey(name)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('a key of another node is taken in', async () => {
    await using open = await make()
    const name = unique('key')
    const pair = await generateKeyPair('Ed25519')
    expect(await open.node.names.addKey(name, privateKeyToProtobuf(pair))).toEqual({ name, id: pair.publicKey.toCID().toString(base36) })
    await expect(open.node.names.addKey(name, privateKeyToProtobuf(pair))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await expect(open.node.names.addKey(unique('key'), Buffer.from('no key'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await open.node.names.keys()).toContainEqual(expect.objectContaining({ name }))
  })

  test('what cannot be published or resolved is refused with its reason', async () => {
    await using open = await make()
    const { names: ours } = open.node
    const { cid } = await open.node.add(bytesOf(unique()))
    const none = ours.publish(cid, { ...OFFLINE, key: unique('none') })
    await expect(none).rejects.toMatchObject({ code: 'KEY_NOT_FOUND', details: { names: expect.arrayContaining(['self']) } })
    for (const path of ['hello', '', '/ipfs/hello', '/ipns/hello', `/ipfs/${cid}//a`])
      await expect(ours.publish(path, { ...OFFLINE, key: 'self' })).rejects.toMatchObject({ code: 'INVALID_CID' })
    for (const name of ['hello', '', '/ipns/', `/ipns/${UNKNOWN}//a`]) await expect(ours.resolve(name)).rejects.toMatchObject({ code: 'INVALID_CID' })
    await expect(ours.resolve(UNKNOWN)).rejects.toMatchObject({ code: 'OFFLINE', retryable: false })
  })
}
