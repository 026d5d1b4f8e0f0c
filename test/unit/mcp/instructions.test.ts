import { expect, test } from 'vitest'
import { z } from 'zod'
import { vfsPath } from '../../../src/core/path.ts'
import { instructions } from '../../../src/mcp/instructions.ts'
import { declare } from '../../../src/registry/tool.ts'
import { offerOf } from '../../../src/mcp/offer.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

const offering = async (...names: string[]) => {
  class Offered {
    static readonly toolset = 'offered'
    async run(): Promise<object> {
      return {}
    }
  }
  for (const name of names) declare(Offered, 'run', { name, title: name, description: 'Run.', effect: 'read', input: z.object({}), output: z.object({}) })
  return offerOf(partsOf(await registryOf({ classes: { Offered } })))
}
const all = ['vfs_undo', 'vfs_write', 'ipfs_add']

test('they say what is served, how to undo, and what undo does not cover', async () => {
  const text = instructions(await offering(...all))
  expect(text).toMatch(/^Served folders: \/work\.\n/)
  expect(text).toMatch(/vfs_undo takes[^]*not journaled[^]*CONFLICT[^]*quick look[^]*\/ipfs/)
})

test('they do not speak of tools that are not offered', async () => {
  expect(instructions(await offering('vfs_stat'))).not.toMatch(/vfs_undo|CONFLICT|ipfs/)
})

test('hosts cut at 2,048 characters; with a thousand folders they still stay below 1,800', async () => {
  const served = Array.from({ length: 1_000 }, (_, i) => ({ path: vfsPath(`/home/somebody/projects/number-${i}`), readOnly: i % 2 === 0 }))
  const text = instructions({ ...(await offering(...all)), served })
  expect(text.length).toBeLessThanOrEqual(1_800)
  expect(text).toMatch(/number-0 \(read-only\), .*and 9\d\d more/)
})
