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

interface Operation {
  readonly name: string
  readonly prepare?: (t: TestVfs) => Promise<unknown>
  readonly work: (t: TestVfs) => Promise<unknown>
  /** As `standing` tells it; BEFORE if not said. */
  readonly before?: string
  readonly after: string
}

const EMPTY_FOLDER = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

const OPERATIONS: readonly Operation[] = [
  { name: 'an overwrite', work: (t) => t.write('/c/f', 'new'), after: 'new,,' },
  { name: 'an append', work: (t) => t.write('/c/f', ' and new', { append: true }), after: 'old and new,,' },
  { name: 'a new file', work: (t) => t.write('/c/g', 'new'), after: 'old,new,' },
  { name: 'a removal', work: (t) => t.vfs.remove(p('/c/f'), call), after: ',,' },
  { name: 'a move', work: (t) => t.vfs.move(p('/c/f'), p('/c/g'), call), after: ',old,' },
  { name: 'a copy', work: (t) => t.vfs.copy(p('/c/f'), p('/c/g'), call), after: 'old,old,' },
  { name: 'a new folder', work: (t) => t.vfs.mkdir(p('/c/d'), call), after: 'old,,d' },
]

/** Only where a storage takes folders by CID, and moves them in one step. */
const BY_CID: readonly Operation[] = [
  {
    name: 'another folder in the place of one',
    prepare: (t) => t.write('/c/d/x', 'below', { parents: true }),
    work: (t) => t.vfs.graft(p('/c/d'), EMPTY_FOLDER, call),
    before: 'old,,d x',
    after: 'old,,d',
  },
  {
    name: 'a move of a folder between folders of one name',
    prepare: async (t) => {
      await t.vfs.mkdir(p('/c/d/e/s'), { ...call, parents: true })
      await t.write('/c/d/s/g/x', 'below', { parents: true })
    },
    work: (t) => t.vfs.move(p('/c/d/s/g'), p('/c/d/e/s/g'), call),
    before: 'old,,d e e/s s s/g s/g/x',
    after: 'old,,d e e/s e/s/g e/s/g/x s',
  },
]

const BEFORE = 'old,,'

/** The contents of `/c/f` and `/c/g`, and `/c/d` with all below it. */
async function standing(t: TestVfs): Promise<string> {
  const text = (path: string): Promise<string> => t.text(path).catch(() => '')
  return [await text('/c/f'), await text('/c/g'), await below(t)].join()
}

async function below(t: TestVfs): Promise<string> {
  if (!(await t.names('/c')).includes('d')) return ''
  const paths = await Array.fromAsync(t.vfs.walk(p('/c/d'), call), ({ path }) => path.slice('/c/d/'.length))
  return ['d', ...paths.toSorted()].join(' ')
}

const LOSSES: readonly Loss[] = ['it', 'it and all that follows', 'all that follows']
const BY_DEATH: readonly Loss[] = ['it and all that follows']

const ALL = OPERATIONS.map(({ name }) => name)

/**
 * A storage that is asked by requests: the answer to one of `changes`, which has taken effect, does not come, or none after it for a while.
 * `operations`: those that ask in different ways, where each takes long. `byCid`: it takes folders by CID. `dies`: with its server.
 */
export function tellsTheTruthOfLostAnswers(open: () => Promise<Reached>, changes: RegExp, { operations = ALL, byCid = false, dies = false } = {}): void {
  const done = [...OPERATIONS.filter(({ name }) => operations.includes(name)), ...(byCid ? BY_CID : [])]
  test.each(done.flatMap((one) => (dies ? BY_DEATH : LOSSES).map((how) => ({ before: BEFORE, ...one, how }))))(
    'of the answers in the course of $name one is lost ($how): what history says is what stands there',
    { timeout: 240_000 }, // some storages' clients repeat a request three times, with pauses
    async ({ prepare, work, before, after, how }) => {
      for (let nth = 0, wasLost = true; wasLost && nth < MOST_REQUESTS; nth++) {
        await using reached = await open()
        const { backend, proxy, folder, server } = reached
        await using t = await openTestVfs({ '/c': backend }, folder === undefined ? {} : { folder })
        await t.write('/c/f', 'old')
        await prepare?.(t)
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
        const ends = [`${nth} ${told} done: ${after}`, ...(told === 'none' ? [] : [`${nth} ${told} aborted: ${before}`])]
        expect(ends, ended).toContain(ended)
        if (newest?.state === 'done') await t.vfs.undo({ change: newest.change }, call)
        expect(await standing(t)).toBe(before)
        expect(await reached.left(), ended).toEqual([])
      }
    },
  )
}
