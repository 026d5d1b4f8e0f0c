import type { Backend, Trash } from '../core/backend.ts'

/** What a layer leaves as it is. A layer is `forward` with the methods of its own. */
export function forward(inner: Backend, own: Partial<Backend>): Backend {
  return {
    scheme: inner.scheme,
    capabilities: inner.capabilities,
    volume: inner.volume,
    realm: inner.realm,
    link: inner.link,
    trash: inner.trash,
    checksWrites: inner.checksWrites,
    usesUp: inner.usesUp,
    outlives: inner.outlives,
    stop: inner.stop,
    threads: inner.threads,
    check: (call) => inner.check(call),
    notes: () => inner.notes(),
    locate: (path, options) => inner.locate(path, options),
    find: (place) => inner.find(place),
    stat: (path, call) => inner.stat(path, call),
    glance: (path, options) => inner.glance(path, options),
    matches: (path, etag, call) => inner.matches(path, etag, call),
    list: (path, options) => inner.list(path, options),
    read: (path, options) => inner.read(path, options),
    write: (path, source, options) => inner.write(path, source, options),
    discard: (path, id, call) => inner.discard(path, id, call),
    mkdir: (path, call) => inner.mkdir(path, call),
    remove: (path, options) => inner.remove(path, options),
    rename: (from, to, options) => inner.rename(from, to, options),
    copy: (from, to, options) => inner.copy(from, to, options),
    graft: (path, cid, options) => inner.graft(path, cid, options),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    ...own,
  }
}

/** The same for a trash; undefined where there is none. */
export function forwardTrash(inner: Trash | undefined, own: (inner: Trash) => Partial<Trash>): Trash | undefined {
  if (!inner) return undefined
  return {
    versioned: inner.versioned,
    contents: inner.contents,
    put: (path, id, options) => inner.put(path, id, options),
    back: (id, path, call) => inner.back(id, path, call),
    keep: (path, id, call) => inner.keep(path, id, call),
    drop: (id, call) => inner.drop(id, call),
    ...own(inner),
  }
}
