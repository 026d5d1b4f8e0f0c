import { beforeEach, describe, expect, test } from 'vitest'
import type { Host } from '../support/program.ts'
import { needs, RCLONE_S3, VERSITY } from '../support/s3.ts'
import { Machine } from '../support/s3-machine.ts'

const LIMIT = 60
const GONE = 50 // after each page
const name = (i: number): string => String(i).padStart(4, '0')
const STANDING = Array.from({ length: 120 }, (_, i) => name(4 * i))

describe.each([
  ['versitygw', VERSITY],
  ['rclone serve s3', RCLONE_S3],
] as const)('a listing of %s that changes between its pages, of which each is asked of a gateway started anew', (_, program) => {
  beforeEach(needs(program))

  test('nothing that stands throughout is lost or comes twice, and what comes or goes further on counts', async () => {
    await using machine = await Machine.start(program)
    const { direct } = machine
    const put = (some: readonly string[]) => Promise.all(some.map((each) => direct.put(`d/${each}`, Buffer.from(each), { change: 'another' })))
    const take = (some: readonly string[]) => Promise.all(some.map((each) => direct.delete(`d/${each}`)))
    const passing = STANDING.map((each) => `${each}-passing`)
    await put([...STANDING, ...passing])
    const goesBefore = passing[GONE - 1] // between the first page and the second, which would have begun with less
    const seen: string[] = []
    let cursor: unknown
    for (let page = 0; page === 0 || typeof cursor === 'string'; page++) {
      const agent: Host = await machine.agent()
      const { result } = await agent.call('vfs_ls', { path: '/bucket/d', limit: LIMIT, ...(page > 0 && { cursor }) })
      await agent[Symbol.asyncDispose]()
      seen.push(...(result['entries'] as readonly { readonly path: string }[]).map(({ path }) => path.slice('/bucket/d/'.length)))
      cursor = result['next_cursor']
      await take(passing.splice(0, GONE))
      await put([`0000-new-${page}`, `9999-new-${page}`])
    }
    expect(seen).toEqual([...new Set(seen)].toSorted())
    expect(seen).toEqual(expect.arrayContaining([...STANDING, '9999-new-0']))
    for (const unseen of [goesBefore, '0000-new-0']) expect(seen).not.toContain(unseen)
  })
})
