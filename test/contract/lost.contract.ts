import { expect, test } from 'vitest'
import type { Backend } from '../../src/core/backend.ts'
import { vfsPath as p } from '../../src/core/path.ts'
import type { LosingProxy, Loss } from '../support/losing-proxy.ts'
import { laterIn } from '../support/program.ts'
import { call, openTestVfs, type TestVfs } from '../support/vfs.ts'
import { codeOf } from './support.ts'

/** A fresh storage behind a proxy. */
export interface Reached extends AsyncDisposable {
  readonly backend: Backend
  readonly proxy: LosingProxy
  /** Of its data, where those hold the contents that the journal keeps. */
  readonly folder?: string
  /** Ends the server at once when it has answered, and starts it again over what it has kept. */
  readonly server?: { kill(): Promise<void>; restart(): Promise<void> }
  /** What a change has left behind. */
  left(): Promise<readonly string[]>
}

const MOST_REQUESTS = 16

/** What is done, and the content of `/c/f`, `/c/g` and whether `/c/d` is there afterwards. */
const OPERATIONS: readonly (readonly [name: string, work: (t: TestVfs) => Promise<unknown>, after: string])[] = [
  ['an overwrite', (t) => t.write('/c/f', 'new'), 'new,,'],
  ['an append', (t) => t.write('/c/f', ' and new', { append: true }), 'old and new,,'],
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

const LOSSES: readonly Loss[] = ['it', 'it and all that follows', 'all that follows']
const BY_DEATH: readonly Loss[] = ['it and all that follows']

const ALL = OPERATIONS.map(([name]) => name)

/**
 * A storage that is asked by requests: the answer to one of `changes`, which has taken effect, does not come, or none after it for a while.
 * `operations`: those that ask in different ways, where each takes long. `dies`: with its server.
 */
export function tellsTheTruthOfLostAnswers(open: () => Promise<Reached>, changes: RegExp, { operations = ALL, dies = false } = {}): void {
  test.each(OPERATIONS.filter(([name]) => operations.includes(name)).flatMap((one) => (dies ? BY_DEATH : LOSSES).map((how) => [...one, how] as const)))(
    'of the answers in the course of %s one is lost: what history says is what stands there',
    { timeout: 240_000 }, // some storages' clients repeat a request three times, with pauses
    async (_, work, after, how) => {
      for (let nth = 0, wasLost = true; wasLost && nth < MOST_REQUESTS; nth++) {
        await using reached = await open()
        const { backend, proxy, folder, server } = reached
        await using t = await openTestVfs({ '/c': backend }, folder === undefined ? {} : { folder })
        await t.write('/c/f', 'old')
        proxy.struck = server && (() => server.kill())
        proxy.lose(changes, nth, how)
        const told = await codeOf(work(t))
        wasLost = proxy.seen > nth
        if (wasLost) await server?.restart()
        proxy.recover()
        laterIn(t.folder)
        await t.journal.recover()
        await t.journal.settled()
        const [newest] = t.journal.history({ limit: 1 })
        const ended = `${nth} ${told} ${newest?.state}: ${await standing(t)}`
        const ends = [`${nth} ${told} done: ${after}`, ...(told === 'none' ? [] : [`${nth} ${told} aborted: ${BEFORE}`])]
        expect(ends, ended).toContain(ended)
        if (newest?.state === 'done') await t.vfs.undo({ change: newest.change }, call)
        expect(await standing(t)).toBe(BEFORE)
        expect(await reached.left(), ended).toEqual([])
      }
    },
  )
}
