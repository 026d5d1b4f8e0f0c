import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { Backend } from '../../src/core/backend.ts'
import { collect } from '../../src/core/bytes.ts'
import { VfsError } from '../../src/core/error.ts'
import { vfsPath as p } from '../../src/core/path.ts'
import type { Undone, UndoQuery } from '../../src/vfs/types.ts'
import { byPath, type Op } from './tree-model.ts'
import { openTestVfs, type TestVfs } from './vfs.ts'

/** What an undo may be refused with: all of it is known before anything is done. */
const REFUSALS: ReadonlySet<string> = new Set(['ALREADY_UNDONE', 'CHANGE_NOT_FOUND', 'NOT_EMPTY', 'NO_SESSION'])
export const MANY = 100

export type Session = 's1' | 's2'

/** Of one of the changes until then, of what has changed at a path since one of the moments until then, or of all of a session. */
export type Undo =
  | { readonly op: 'change'; readonly nth: number }
  | { readonly op: 'path'; readonly at: string; readonly nth: number }
  | { readonly op: 'session'; readonly of: Session }

export interface Step<What = Op | Undo> {
  readonly who: Session
  readonly what: What
}

export type Listed = readonly (readonly [path: string, content: string | null])[]

const anyOf = fc.constantFrom<Session>('s1', 's2')

/** Few names, so that steps meet. */
export const below = (...names: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3, size: 'xsmall' }).map((inner) => ['/x', ...inner].join('/'))

export const opsAt = (at: fc.Arbitrary<string>): fc.Arbitrary<Op> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ op: fc.constant('write' as const), at, content: fc.string({ maxLength: 5 }) }) },
    fc.record({ op: fc.constant('mkdir' as const), at }),
    fc.record({ op: fc.constant('remove' as const), at }),
    { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('move' as const, 'copy' as const), at, to: at, overwrite: fc.boolean() }) },
  )

const undosAt = (at: fc.Arbitrary<string>): fc.Arbitrary<Undo> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ op: fc.constant('change' as const), nth: fc.nat(MANY) }) },
    fc.record({ op: fc.constant('path' as const), at: fc.oneof(fc.constant('/x'), at), nth: fc.nat(MANY) }),
    fc.record({ op: fc.constant('session' as const), of: anyOf }),
  )

export const anythingAt = (at: fc.Arbitrary<string>): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ who: anyOf, what: fc.oneof({ weight: 3, arbitrary: opsAt(at) }, undosAt(at)) }), { maxLength: 20, size: 'max' })

const isUndo = (what: Op | Undo): what is Undo => what.op === 'change' || what.op === 'path' || what.op === 'session'

/** Two sessions that change one storage, mounted at `/x`, one step after the other. */
export class Sessions implements AsyncDisposable {
  readonly moments: { readonly at: Date; readonly tree: Listed }[] = []
  readonly #t: TestVfs
  readonly #changes: string[] = []

  private constructor(t: TestVfs) {
    this.#t = t
  }

  static async over(backend: Backend): Promise<Sessions> {
    const sessions = new Sessions(await openTestVfs({ '/x': backend }))
    await sessions.#moment()
    return sessions
  }

  /** True if it has changed something. What is refused, or an undo with a conflict, leaves all as it was. */
  async step({ who, what }: Step): Promise<boolean> {
    const before = await this.tree()
    const { change, code, conflicts = [] } = await this.#run(what, who)
    if (isUndo(what) && code) assert(REFUSALS.has(code), `${JSON.stringify(what)} is refused with ${code}`)
    if (code || conflicts.length > 0) assert.deepEqual(await this.tree(), before)
    if (change) this.#changes.push(change)
    await this.#moment()
    return change !== null
  }

  undo(query: UndoQuery): Promise<Undone> {
    return this.#t.vfs.undo(query, callOf('s1'))
  }

  /** The undo of that undo leads to what was before it. */
  async leadsBack(change: string | null, before: Listed): Promise<void> {
    if (change !== null) assert.deepEqual((await this.undo({ change })).conflicts, [])
    assert.deepEqual(await this.tree(), before)
  }

  async tree(): Promise<Listed> {
    const { vfs } = this.#t
    const call = callOf(undefined)
    const found: [string, string | null][] = []
    for await (const { path, kind } of vfs.walk(p('/x'), { ...call, ignored: true }))
      found.push([path, kind === 'directory' ? null : Buffer.from(await collect((await vfs.open(path, call)).read(), 1000)).toString()])
    return found.toSorted(byPath)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#t[Symbol.asyncDispose]()
  }

  /** The journal's times have no finer than a millisecond, which is let pass. */
  async #moment(): Promise<void> {
    const tree = await this.tree()
    const now = Date.now()
    while (Date.now() <= now);
    this.moments.push({ at: new Date(), tree })
  }

  async #run(what: Op | Undo, who: Session): Promise<Partial<Undone> & { readonly code?: string }> {
    try {
      return await (isUndo(what) ? this.#t.vfs.undo(this.#query(what), callOf(who)) : this.#change(what, who))
    } catch (error) {
      if (error instanceof VfsError) return { change: null, code: error.code }
      throw error
    }
  }

  async #change(op: Op, who: Session): Promise<{ readonly change: string | null }> {
    const { vfs } = this.#t
    const [at, call] = [p(op.at), callOf(who)]
    if (op.op === 'mkdir') return vfs.mkdir(at, { ...call, parents: true })
    if (op.op === 'remove') return vfs.remove(at, { ...call, recursive: true, ifMatch: '*' })
    if (op.op !== 'write') return vfs[op.op](at, p(op.to), { ...call, overwrite: op.overwrite })
    const stands = await vfs.stat(at, call).catch(() => null)
    return vfs.write(at, Buffer.from(op.content), { ...call, parents: true, ...(stands && { ifMatch: '*' }) })
  }

  #query(undo: Undo): UndoQuery {
    if (undo.op === 'session') return { session: undo.of }
    if (undo.op === 'change') return { change: this.#changes[undo.nth % Math.max(1, this.#changes.length)] ?? 'c0' }
    return { path: p(undo.at), since: this.moments[undo.nth % this.moments.length]!.at }
  }
}

const callOf = (session: Session | undefined) => ({ actor: { client: 'test', session } })
