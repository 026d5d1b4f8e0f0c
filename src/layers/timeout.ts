import type { Backend, Bytes, Call, Stat, WriteOptions } from '../core/backend.ts'
import { inDoubt } from '../core/effect.ts'
import { isCode } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import { Deadline } from './deadline.ts'
import { forward, forwardTrash } from './forward.ts'

export interface TimeoutOptions {
  /** For each answer: a stat, an entry, a part of a content; not for a whole stream. */
  readonly ms: number
  /** For what a storage may be at work on as a whole: the end of a write, a copy, a move, a removal; as any other if not said. */
  readonly writeMs?: number | undefined
}

type Outer = AbortSignal | undefined

/**
 * Ends what the storage leaves unanswered: a question with TIMEOUT, at once; a change with TIMEOUT if the storage gives
 * it up when told, else with OUTCOME_UNKNOWN after as long again. Belongs inside retry. A change of many steps takes as
 * long as they take: see Call.going.
 */
export function timeout(inner: Backend, { ms, writeMs = ms }: TimeoutOptions): Backend {
  const long = <C extends Call, T>(call: C | undefined, make: (watched: C | Call) => Promise<T>): Promise<T> =>
    change(writeMs, call?.signal, (deadline) => make({ ...call, signal: deadline.signal, going: () => deadline.resume() }))
  return forward(inner, {
    check: (call) => question(ms, call?.signal, (signal) => inner.check({ signal })),
    locate: (path, call) => question(ms, call?.signal, (signal) => inner.locate(path, { ...call, signal })),
    stat: (path, call) => question(ms, call?.signal, (signal) => inner.stat(path, { ...call, signal })),
    glance: (path, call) => question(ms, call.signal, (signal) => inner.glance(path, { ...call, signal })),
    matches: (path, etag, call) => question(ms, call?.signal, (signal) => inner.matches(path, etag, { signal })),
    list: (path, options) => stream(ms, options?.signal, (signal) => inner.list(path, { ...options, signal })),
    read: (path, options) => stream(ms, options?.signal, (signal) => inner.read(path, { ...options, signal })),
    write: (path, source, options = {}) => write(inner, writeMs, path, source, options),
    mkdir: (path, call) => change(ms, call?.signal, ({ signal }) => inner.mkdir(path, { ...call, signal })),
    rename: (from, to, options) => long(options, (watched) => inner.rename(from, to, watched)),
    discard: (path, id, call) => long(call, (watched) => inner.discard(path, id, watched)),
    remove: (path, options) => long(options, (watched) => inner.remove(path, watched)),
    copy: (from, to, options) => long(options, (watched) => inner.copy(from, to, watched)),
    graft: (path, cid, options) => long(options, (watched) => inner.graft(path, cid, watched)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: (path, id, options) => long(options, (watched) => trash.put(path, id, watched)),
      back: (id, path, call) => long(call, (watched) => trash.back(id, path, watched)),
      keep: (path, id, call) => long(call, (watched) => trash.keep(path, id, watched)),
      drop: (id, call) => long(call, (watched) => trash.drop(id, watched)),
      contents: {
        stat: (path, call) => question(ms, call?.signal, (signal) => trash.contents.stat(path, { ...call, signal })),
        list: (path, options) => stream(ms, options?.signal, (signal) => trash.contents.list(path, { ...options, signal })),
        read: (path, options) => stream(ms, options?.signal, (signal) => trash.contents.read(path, { ...options, signal })),
      },
    })),
  })
}

async function question<T>(ms: number, outer: Outer, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using deadline = new Deadline(ms, outer)
  return await deadline.race(ask(deadline.signal))
}

async function* stream<T>(ms: number, outer: Outer, open: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterable<T> {
  using deadline = new Deadline(ms, outer)
  const iterator = open(deadline.signal)[Symbol.asyncIterator]()
  try {
    for (;;) {
      deadline.resume()
      const item = await deadline.race(iterator.next())
      deadline.pause()
      if (item.done) return
      yield item.value
    }
  } finally {
    const closed = iterator.return?.()
    // A storage that gives no answer does not give this one either.
    if (deadline.passed) closed?.catch(() => undefined)
    else await closed
  }
}

/** The clock stands while the source, or the caller, is asked. */
function write(inner: Backend, ms: number, path: VfsPath, source: Bytes, options: WriteOptions): Promise<Stat> {
  return change(ms, options.signal, (deadline) => {
    const meanwhile =
      <A, T>(theirs: ((argument: A) => Promise<T>) | undefined) =>
      (argument: A): Promise<T | undefined> =>
        deadline.meanwhile(async () => theirs?.(argument))
    const { staging, staged, replacedLate } = options
    return inner.write(path, patient(source, deadline), {
      ...options,
      signal: deadline.signal,
      going: () => deadline.resume(),
      staging: staging && meanwhile(staging),
      staged: staged && meanwhile(staged),
      replacedLate: replacedLate && meanwhile(replacedLate),
    })
  })
}

async function* patient(source: Bytes, deadline: Deadline): Bytes {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const part = await deadline.meanwhile(() => iterator.next())
      if (part.done) return
      yield part.value
    }
  } finally {
    await iterator.return?.()
  }
}

async function change<T>(ms: number, outer: Outer, make: (deadline: Deadline) => Promise<T>): Promise<T> {
  using deadline = new Deadline(ms, outer)
  const answer = make(deadline)
  try {
    return await deadline.race(answer)
  } catch (error) {
    if (!deadline.passed || !isCode(error, 'TIMEOUT')) throw error
    return await outcome(answer, ms, deadline)
  }
}

/** A change that was told to stop has stopped only when the storage says so. */
async function outcome<T>(answer: Promise<T>, ms: number, first: Deadline): Promise<T> {
  using grace = new Deadline(ms, undefined)
  try {
    return await grace.race(answer)
  } catch (error) {
    if (!grace.passed) throw first.told(error)
    throw inDoubt(error)
  }
}
