import type { Backend } from '../core/backend.ts'
import { forward, forwardTrash } from './forward.ts'
import { Slots } from '../core/slots.ts'

export interface LimitOptions {
  /** Questions at once, and as many changes. */
  readonly calls: number
}

/**
 * Asks a storage so much at once and no more. Questions and changes are counted apart, and a stream counts only while its
 * next part is waited for: so nobody who holds a place waits for one, whatever is read while it is written or listed. Whether
 * the storage lives is asked without waiting.
 */
export function limit(inner: Backend, { calls }: LimitOptions): Backend {
  const questions = new Slots(calls)
  const changes = new Slots(calls)
  return forward(inner, {
    stat: (path, call) => questions.use(call?.signal, () => inner.stat(path, call)),
    glance: (path, call) => questions.use(call.signal, () => inner.glance(path, call)),
    matches: (path, etag, call) => questions.use(call?.signal, () => inner.matches(path, etag, call)),
    list: (path, options) => turns(questions, options?.signal, inner.list(path, options)),
    read: (path, options) => turns(questions, options?.signal, inner.read(path, options)),
    write: (path, source, options) => changes.use(options?.signal, () => inner.write(path, source, options)),
    mkdir: (path, call) => changes.use(call?.signal, () => inner.mkdir(path, call)),
    remove: (path, options) => changes.use(options?.signal, () => inner.remove(path, options)),
    rename: (from, to, options) => changes.use(options?.signal, () => inner.rename(from, to, options)),
    copy: (from, to, options) => changes.use(options?.signal, () => inner.copy(from, to, options)),
    graft: (path, cid, options) => changes.use(options?.signal, () => inner.graft(path, cid, options)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: (path, id, options) => changes.use(options?.signal, () => trash.put(path, id, options)),
      back: (id, path, call) => changes.use(call?.signal, () => trash.back(id, path, call)),
      keep: (path, id, call) => changes.use(call?.signal, () => trash.keep(path, id, call)),
    })),
  })
}

function turns<T>(slots: Slots, signal: AbortSignal | undefined, items: AsyncIterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = items[Symbol.asyncIterator]()
      return { next: () => slots.use(signal, () => iterator.next()), return: async () => (await iterator.return?.()) ?? { done: true, value: undefined } }
    },
  }
}
