import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openRclone } from '../../../backends/rclone/rclone.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf } from '../../contract/support.ts'
import { LosingProxy } from '../../support/losing-proxy.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

let control: Rclone
let proxy: LosingProxy
beforeEach(needsRclone)
beforeAll(async () => {
  control = await Rclone.control()
  proxy = await LosingProxy.start(control.url)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await control[Symbol.asyncDispose]()
})

const CHANGES = /operations\/(movefile|copyfile|deletefile|uploadfile|mkdir|purge)/
const MOST_REQUESTS = 8

/** What is done, and the content of `/c/f`, `/c/g` and whether `/c/d` is there before and after. */
const OPERATIONS: readonly (readonly [name: string, work: (t: TestVfs) => Promise<unknown>, after: string])[] = [
  ['an overwrite', (t) => t.write('/c/f', 'new'), 'new,,'],
  ['a new file', (t) => t.write('/c/g', 'new'), 'old,new,'],
  ['a removal', (t) => t.vfs.remove(p('/c/f'), call), ',,'],
  ['a move', (t) => t.vfs.move(p('/c/f'), p('/c/g'), call), ',old,'],
  ['a copy', (t) => t.vfs.copy(p('/c/f'), p('/c/g'), call), 'old,old,'],
  ['a new folder', (t) => t.vfs.mkdir(p('/c/d'), call), 'old,,d'],
]
const BEFORE = 'old,,'

async function standing(t: TestVfs): Promise<string> {
  const text = (path: string): Promise<string> => t.text(path).catch(() => '')
  return [await text('/c/f'), await text('/c/g'), (await t.names('/c')).includes('d') ? 'd' : ''].join()
}

test.each(OPERATIONS.flatMap((one) => [false, true].map((leave) => [...one, leave] as const)))(
  'the answer to any request of %s is lost: what history says is what stands there',
  async (_, work, after, leave) => {
    for (let nth = 0; nth < MOST_REQUESTS; nth++) {
      const folder = await mkdtemp(join(tmpdir(), 'polymount-lost-'))
      await using backend = await openRclone({ remote: `:local:${folder}`, endpoint: async () => ({ ...control.endpoint, url: proxy.url }) })
      await using t = await openTestVfs({ '/c': backend })
      await t.write('/c/f', 'old')
      proxy.lose(CHANGES, nth, leave)
      const told = await codeOf(work(t))
      const wasLost = proxy.seen > nth
      proxy.recover()
      await t.journal.recover()
      await t.journal.settled()
      const [newest] = t.journal.history({ limit: 1 })
      const ended = `${nth} ${told} ${newest?.state}: ${await standing(t)}`
      const ends = [`${nth} ${told} done: ${after}`, ...(told === 'none' ? [] : [`${nth} ${told} aborted: ${BEFORE}`])]
      expect(ends, ended).toContain(ended)
      if (newest?.state === 'done') await t.vfs.undo({ change: newest.change }, call)
      expect(await standing(t)).toBe(BEFORE)
      const left = (await readdir(folder, { recursive: true })).filter((name) => /replaced\/|-c/.test(name))
      expect(left, ended).toEqual([])
      await rm(folder, { recursive: true })
      if (!wasLost) break
    }
  },
)
