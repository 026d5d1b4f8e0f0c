import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { encode } from '@ipld/dag-cbor'
import { expect, test } from 'vitest'
import { walk } from '../../../src/content/dag/index.ts'

const ENOUGH = 200_000 // far more than a timer waits for

test('a walk without end lets others have their turn, and ends when its caller goes', async () => {
  const blocks = new Map<string, Uint8Array>()
  const put = async (value: unknown): Promise<CID> => {
    const block = encode(value)
    const cid = CID.createV1(0x71, await sha256.digest(block))
    blocks.set(cid.toString(), block)
    return cid
  }
  let root = await put({})
  for (let depth = 0; depth < 60; depth++) root = await put([root, root])
  const caller = new AbortController()
  setTimeout(() => caller.abort(), 1)
  let met = 0
  const everyPath = { visit: () => ({ emit: true, enter: true }), known: () => false }
  const walking = async (): Promise<void> => {
    for await (const _ of walk(async (cid) => blocks.get(cid.toString()), root, { visits: everyPath, signal: caller.signal })) if (++met > ENOUGH) return
  }
  await expect(walking()).rejects.toMatchObject({ code: 'CANCELLED' })
})
