import type { Backend, Bytes } from '../core/backend.ts'
import { relay } from '../core/stream.ts'
import { forward, forwardTrash } from './forward.ts'
import type { Meter } from './meter.ts'

/** Counts calls, errors, bytes and times of work; whether the storage lives is asked by us. A stream is one call, from its first part asked for to its end. */
export function metrics(inner: Backend, meter: Meter): Backend {
  const counted = <A extends unknown[], T>(op: string, work: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => await measured(meter, op, () => work(...args))
  }
  return forward(inner, {
    stat: counted('stat', (path, call) => inner.stat(path, call)),
    glance: async (path, options) => {
      const seen = await measured(meter, 'stat', () => inner.glance(path, options))
      meter.read(seen.content?.length ?? 0)
      return seen
    },
    matches: counted('matches', (path, etag, call) => inner.matches(path, etag, call)),
    list: (path, options) => relay(inner.list(path, options), () => ({ ended: meter.begin('list') })),
    read: (path, options) => relay(inner.read(path, options), () => ({ part: (bytes) => meter.read(bytes.length), ended: meter.begin('read') })),
    write: counted('write', (path, source, options) => inner.write(path, weighed(source, meter), options)),
    mkdir: counted('mkdir', (path, call) => inner.mkdir(path, call)),
    remove: counted('remove', (path, options) => inner.remove(path, options)),
    rename: counted('rename', (from, to, options) => inner.rename(from, to, options)),
    copy: counted('copy', (from, to, options) => inner.copy(from, to, options)),
    graft: counted('graft', (path, cid, options) => inner.graft(path, cid, options)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: counted('trash', (path, id, options) => trash.put(path, id, options)),
      back: counted('restore', (id, path, call) => trash.back(id, path, call)),
      keep: counted('keep', (path, id, call) => trash.keep(path, id, call)),
    })),
  })
}

async function measured<T>(meter: Meter, op: string, work: () => Promise<T>): Promise<T> {
  const end = meter.begin(op)
  let failed = true
  try {
    const result = await work()
    failed = false
    return result
  } finally {
    end(failed)
  }
}

const weighed = (source: Bytes, meter: Meter): Bytes => relay(source, () => ({ part: (bytes) => meter.written(bytes.length) }))
