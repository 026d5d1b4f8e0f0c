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
  /** What changes have left behind that nothing needs. */
  left(t: TestVfs): Promise<readonly string[]>
}

const MOST_REQUESTS = 16

interface Operation {
  readonly name: string
  readonly prepare?: (t: TestVfs) => Promise<unknown>
  readonly work: (t: TestVfs) => Promise<unknown>
  /** As `standing` tells it; BEFORE if not said. */
  readonly before?: string
  readonly after: string
  /** What has arrived may stay, and then the same call again sends the rest. */
  readonly goesOn?: boolean
}

const EMPTY_FOLDER = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

const BEFORE = 'old,,'
const TREE = 'old,,d s s/g s/g/x s/y'
async function tree(t: TestVfs): Promise<void> {
  await t.write('/c/d/s/g/x', 'below', { parents: true })
  await t.write('/c/d/s/y', 'beside')
}

async function removedTree(t: TestVfs): Promise<void> {
  await tree(t)
  await t.vfs.remove(p('/c/d'), { ...call, recursive: true })
}

const undoLast = (t: TestVfs): Promise<unknown> => t.vfs.undo({ change: t.journal.history({ limit: 1 })[0]?.change ?? '' }, call)

const OPERATIONS: readonly Operation[] = [
  { name: 'an overwrite', work: (t) => t.write('/c/f', 'new'), after: 'new,,' },
  { name: 'an append', work: (t) => t.write('/c/f', ' and new', { append: true }), after: 'old and new,,' },
  { name: 'a new file', work: (t) => t.write('/c/g', 'new'), after: 'old,new,' },
  { name: 'a removal', work: (t) => t.vfs.remove(p('/c/f'), call), after: ',,' },
  { name: 'a move', work: (t) => t.vfs.move(p('/c/f'), p('/c/g'), call), after: ',old,' },
  { name: 'a copy', work: (t) => t.vfs.copy(p('/c/f'), p('/c/g'), call), after: 'old,old,' },
  { name: 'a removal of a folder', prepare: tree, work: (t) => t.vfs.remove(p('/c/d'), { ...call, recursive: true }), before: TREE, after: 'old,,' },
  {
    name: 'a move of a folder',
    prepare: tree,
    work: (t) => t.vfs.move(p('/c/d/s'), p('/c/d/t'), { ...call, overwrite: true }),
    before: TREE,
    after: 'old,,d t t/g t/g/x t/y',
    goesOn: true,
  },
  { name: 'a return of a file', prepare: (t) => t.vfs.remove(p('/c/f'), call), work: undoLast, before: ',,', after: BEFORE },
  { name: 'a return of a folder', prepare: removedTree, work: undoLast, before: BEFORE, after: TREE },
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

/** How the newest change has ended, what stands, and what stands then after its undo; or after the same call again, where it goes on from half way. */
async function endOf(t: TestVfs, { work, goesOn }: Operation): Promise<string> {
  await t.journal.recover()
  await t.journal.settled()
  const [newest] = t.journal.history({ limit: 1 })
  const isHalf = newest?.state === 'partial'
  const stands = isHalf ? 'half' : await standing(t)
  if (isHalf && goesOn) await work(t)
  else if (newest && newest.state !== 'aborted') await t.vfs.undo({ change: newest.change }, call)
  return `${newest?.state}: ${stands}; ${await standing(t)}`
}

function endsOf(told: string, { before = BEFORE, after, goesOn }: Operation): string[] {
  const done = `done: ${after}; ${before}`
  if (told === 'none') return [done]
  if (told === 'PARTIAL') return [`partial: half; ${before}`]
  return [done, `aborted: ${before}; ${before}`, ...(goesOn ? [`partial: half; ${after}`] : [])]
}

const LOSSES: readonly Loss[] = ['it', 'it and all that follows', 'its request']
const BY_DEATH: readonly Loss[] = ['it and all that follows']

const ALL: readonly string[] = OPERATIONS.map(({ name }) => name)

/**
 * A storage that is asked by requests: the answer to one of `changes`, which has taken effect, does not come, or none after it for a while.
 * `operations`: those that ask in different ways, where each takes long. `byCid`: it takes folders by CID. `dies`: with its server.
 * `concurrent`: each of `open` has a proxy of its own, so that nobody waits while another one's client pauses.
 */
export function tellsTheTruthOfLostAnswers(
  open: () => Promise<Reached>,
  changes: RegExp,
  { operations = ALL, byCid = false, dies = false, concurrent = false } = {},
): void {
  const done = [...OPERATIONS.filter(({ name }) => operations.includes(name)), ...(byCid ? BY_CID : [])]
  const cases = concurrent ? test.concurrent : test
  cases.each(done.flatMap((one) => (dies ? BY_DEATH : LOSSES).map((how) => ({ ...one, how }))))(
    'of the answers in the course of $name one is lost ($how): what history says is what stands there',
    { timeout: 600_000 }, // some storages' clients repeat a request three times, with pauses, and cases that run side by side share a processor
    async ({ how, ...operation }) => {
      for (let nth = 0, wasLost = true; wasLost && nth < MOST_REQUESTS; nth++) {
        await using reached = await open()
        const { backend, proxy, folder, server } = reached
        await using t = await openTestVfs({ '/c': backend }, folder === undefined ? {} : { folder })
        await t.write('/c/f', 'old')
        await operation.prepare?.(t)
        proxy.struck = server && (() => server.kill())
        proxy.lose(changes, nth, how)
        const told = await codeOf(operation.work(t))
        wasLost = proxy.seen > nth
        if (wasLost) await server?.restart()
        proxy.recover()
        laterIn(t.folder)
        const ended = await endOf(t, operation)
        expect(endsOf(told, operation), `${nth} ${told} ${ended}`).toContain(ended)
        expect(await reached.left(t), `${nth} ${told} ${ended}`).toEqual([])
      }
    },
  )
}
