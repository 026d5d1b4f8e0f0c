import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { Served } from '../../../src/ipfs/embedded/served.ts'
import { NodeState } from '../../../src/ipfs/embedded/state.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { noise, withNode } from '../../support/content.ts'
import { pair } from '../../support/machine.ts'

const multihashOf = (cid: string): Uint8Array => CID.parse(cid).multihash.bytes

async function* sources<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all
}

test('what a damaged block hides is not served, and all else is', async () => {
  await withNode(async (node, content, folder) => {
    const [torn, whole] = [await node.add(noise(3 << 20)), await node.add(bytesOf('whole'))]
    for (const { cid } of [torn, whole]) await node.pins.add(cid)
    const index = new Database(`${folder}/blocks.db`)
    expect(index.run('UPDATE block SET content = zeroblob(size) WHERE multihash = ?', multihashOf(torn.cid))).toBe(1)
    index.close()
    await using state = await NodeState.open(folder, content.blocks)
    const served = new Served(content, state)
    expect(await served.has(multihashOf(whole.cid))).toBe(true)
  })
})

test('what comes into a pin that had a gap is served with all below it, and no pin has to change for that', async () => {
  await withNode(async (node, content, folder) => {
    const entries = await Array.fromAsync(node.addTree(sources([{ path: 'sub/note', content: bytesOf('note') }])))
    const [note = '', sub = '', root = ''] = entries.map(({ cid }) => cid)
    await node.pins.add(root)
    await using state = await NodeState.open(folder, content.blocks)
    const served = new Served(content, state)
    const bytes = await node.blocks.get(sub)
    const index = new Database(`${folder}/blocks.db`)
    expect(index.run('DELETE FROM block WHERE multihash = ?', multihashOf(sub))).toBe(1)
    index.close()
    expect(await served.has(multihashOf(note))).toBe(false)
    await node.blocks.put(sources([{ cid: sub, bytes }]))
    expect(await served.has(multihashOf(note))).toBe(true)
  })
})

test('a part of a pin that was lost on the disk comes from peers again where the node serves that pin', async () => {
  await using open = await pair()
  const [{ cid }] = [await open.one.node.add(noise(3 << 20)), await open.two.node.add(noise(3 << 20))]
  for (const { node } of [open.one, open.two]) await node.pins.add(cid)
  const blocks = join(open.one.folder, 'blocks')
  const files = (await readdir(blocks, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  expect(files).toHaveLength(3)
  for (const { parentPath, name } of files) await rm(join(parentPath, name))
  expect(Buffer.concat(await Array.fromAsync(open.one.node.read(cid)))).toEqual(Buffer.concat(await Array.fromAsync(noise(3 << 20))))
})

test('peers who ask beside a writer have all pins walked through once at a time, and learn of the last', async () => {
  await withNode(async (node, content, folder) => {
    const top = await node.add(noise(3 << 20))
    await node.pins.add(top.cid)
    await using state = await NodeState.open(folder, content.blocks)
    const begun = Promise.withResolvers<void>()
    const door = Promise.withResolvers<void>()
    let walks = 0
    const sound = async (multihash: Uint8Array): Promise<Uint8Array | undefined> => {
      if (Buffer.from(multihash).equals(multihashOf(top.cid))) walks++
      begun.resolve()
      await door.promise
      return content.blocks.sound(multihash)
    }
    const served = new Served({ blocks: { sound, has: (multihash) => content.blocks.has(multihash) } }, state)
    const asked = [served.has(multihashOf(top.cid))]
    await begun.promise
    for (let i = 0; i < 5; i++) {
      const { cid } = await node.add(bytesOf(`${i}`))
      await node.pins.add(cid)
      asked.push(served.has(multihashOf(cid)))
    }
    door.resolve()
    expect(await Promise.all(asked)).toEqual(Array(6).fill(true))
    expect(walks).toBe(2)
  })
})

test('a pin that this process or another one takes away is seen by the next who asks', async () => {
  await withNode(async (node, content, folder) => {
    await using state = await NodeState.open(folder, content.blocks)
    const served = new Served(content, state)
    const { cid } = await node.add(bytesOf('shared'))
    for (const unpin of [() => node.pins.remove(cid), () => state.unpin(cid)]) {
      await node.pins.add(cid)
      expect(await served.has(multihashOf(cid))).toBe(true)
      await unpin()
      expect(await served.has(multihashOf(cid))).toBe(false)
    }
  })
})
