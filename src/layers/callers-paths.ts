import type { Backend } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import { relay } from '../core/stream.ts'
import { forward, forwardTrash } from './forward.ts'

type Outer = (path: VfsPath) => VfsPath | undefined

/** An error can pass through two storages, as the source of a copy's write does: it is of the first. */
const named = new WeakSet<VfsError>()

/** Errors tell paths as callers know them, and not where in the storage they lie: that may be a folder nobody is to know of. */
export function callersPaths(inner: Backend, outer: Outer): Backend {
  const telling = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      try {
        return await work(...args)
      } catch (error) {
        throw told(error, outer)
      }
    }
  }
  const watch = { failed: (error: unknown) => told(error, outer) }
  return forward(inner, {
    locate: telling((path, options) => inner.locate(path, options)),
    stat: telling((path, call) => inner.stat(path, call)),
    glance: telling((path, options) => inner.glance(path, options)),
    matches: telling((path, etag, call) => inner.matches(path, etag, call)),
    list: (path, options) => relay(inner.list(path, options), () => watch),
    read: (path, options) => relay(inner.read(path, options), () => watch),
    write: telling((path, source, options) => inner.write(path, source, options)),
    mkdir: telling((path, call) => inner.mkdir(path, call)),
    remove: telling((path, options) => inner.remove(path, options)),
    rename: telling((from, to, options) => inner.rename(from, to, options)),
    copy: telling((from, to, options) => inner.copy(from, to, options)),
    graft: telling((path, cid, options) => inner.graft(path, cid, options)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: telling((path, id, options) => trash.put(path, id, options)),
      back: telling((id, path, call) => trash.back(id, path, call)),
      keep: telling((path, id, call) => trash.keep(path, id, call)),
    })),
  })
}

function told(error: unknown, outer: Outer): unknown {
  if (!(error instanceof VfsError) || error.path === undefined || named.has(error)) return error
  if (error.backend === undefined && error.code !== 'SOURCE_FAILED') return error // of what called the storage, or is its source
  const { code, message, path, op, backend, retryable, hint, details } = error
  const shown = outer(path as VfsPath) ?? 'a path outside the mount'
  const text = path === '/' ? message.replace(/^\//, () => shown) : message.replaceAll(path, () => shown)
  const renamed = new VfsError(code, text, { op, path: shown, backend, retryable, hint, details, cause: error })
  named.add(renamed)
  return renamed
}
