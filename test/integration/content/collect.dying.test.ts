import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { openContentStore } from '../../../src/content/store.ts'
import { Child } from '../../support/children.ts'
import { noise, temporaryFolder } from '../../support/content.ts'

const MIB = 1 << 20
const SCRIPT = new URL('../../support/dying-collector.ts', import.meta.url)

test.each(['begun', 'mark', 'marked', 'sweep', 'ended'])(
  'a collector that is killed at the step %j is no harm: others go on, and the next one ends its work',
  async (step) => {
    await using folder = await temporaryFolder()
    await using content = await openContentStore({ folder: folder.path })
    const kept = await content.put(noise(3 * MIB, 1))
    await content.put(noise(2 * MIB, 2))
    await Array.fromAsync(content.putTree(garbage(1500))) // more than one page of the sweep
    const child = new Child(SCRIPT, folder.path, kept.cid, step)
    expect(await child.line()).toBe('reached')
    const during = await content.guard(kept.cid)
    expect(during.collecting).toBe(step !== 'ended')
    await during[Symbol.asyncDispose]()
    const meanwhile = await content.put(bytesOf('meanwhile'))
    await child.kill()
    await using guard = await content.guard(meanwhile.cid)
    expect(guard.collecting).toBe(false)
    const roots = async function* () {
      yield { cid: kept.cid, reason: 'pin' as const, recursive: true }
    }
    const { kept: reasons, missing } = await content.collect(roots)
    expect({ missing, pinned: reasons.pin.blocks, recent: reasons.recent.blocks }).toEqual({ missing: 0, pinned: 4, recent: 1 })
    expect(Buffer.concat(await Array.fromAsync(content.read(kept.cid)))).toHaveLength(3 * MIB)
    await guard[Symbol.asyncDispose]()
    expect(await content.collect(roots)).toMatchObject({ freed: { blocks: 1 }, kept: { pin: { blocks: 4 }, recent: { blocks: 0 } } })
  },
)

async function* garbage(count: number) {
  for (let i = 0; i < count; i++) yield { path: `${i}`, content: bytesOf(`garbage ${i}`) }
}

test('of an add whose process is killed in the middle nothing is left', async () => {
  await using folder = await temporaryFolder()
  await using content = await openContentStore({ folder: folder.path })
  const child = new Child(new URL('../../support/dying-adder.ts', import.meta.url), folder.path)
  expect(await child.line()).toBe('reached')
  await child.kill()
  await content.collect(async function* () {})
  const left = await readdir(join(folder.path, 'blocks'), { recursive: true, withFileTypes: true })
  expect(left.filter((entry) => entry.isFile())).toEqual([])
  expect((await content.put(noise(5 * MIB))).size).toBe(5 * MIB)
})
