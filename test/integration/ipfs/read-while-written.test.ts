import { expect, test } from 'vitest'
import { onEngines } from '../../support/on-engines.ts'

const VERSIONS = Array.from({ length: 60 }, (_, i) => `version ${i}`)

onEngines('a file of the mutable tree that is overwritten again and again', (connect) => {
  test('is read as one of its versions, and never refused', async () => {
    await using gateway = await connect()
    const seen: unknown[] = []
    const writeOn = async (): Promise<void> => {
      for (const content of VERSIONS) expect((await gateway.call('vfs_write', { path: '/mfs/f', content, if_match: '*' })).ok).toBe(true)
    }
    const readOn = async (tool: string, args: Record<string, unknown>): Promise<void> => {
      for (const _ of VERSIONS) {
        const { text, result } = await gateway.call(tool, args)
        seen.push(result['content'] ?? text)
      }
    }
    expect((await gateway.call('vfs_write', { path: '/mfs/f', content: VERSIONS[0] })).ok).toBe(true)
    await Promise.all([writeOn(), readOn('vfs_read', { path: '/mfs/f', raw: true }), readOn('ipfs_files_read', { path: '/f' })])
    expect(seen.filter((content) => !VERSIONS.includes(String(content)))).toEqual([])
  })
})
