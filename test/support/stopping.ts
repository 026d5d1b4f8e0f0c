import type { Backend, WriteOptions } from '../../src/core/backend.ts'
import { forward, forwardTrash } from '../../src/layers/forward.ts'

/** Told of a moment, and awaited before it goes on. */
export type Reach = (moment: string) => Promise<void>

/** A storage that tells before and after each call that may change it, and of the moment when the bytes of a write are staged. */
export function stopping(inner: Backend, reach: Reach): Backend {
  const around = async <T>(name: string, asked: () => Promise<T>): Promise<T> => {
    await reach(`before-${name}`)
    const result = await asked()
    await reach(`after-${name}`)
    return result
  }
  return forward(inner, {
    write: (path, source, options) => around('write', () => inner.write(path, source, { ...options, staged: staging(options, reach) })),
    mkdir: (path, options) => around('mkdir', () => inner.mkdir(path, options)),
    remove: (path, options) => around('remove', () => inner.remove(path, options)),
    rename: (from, to, options) => around('rename', () => inner.rename(from, to, options)),
    copy: (from, to, options) => around('copy', () => inner.copy(from, to, options)),
    graft: (path, cid, options) => around('graft', () => inner.graft(path, cid, options)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: (path, id, options) => around('put', () => trash.put(path, id, options)),
      back: (id, path, options) => around('back', () => trash.back(id, path, options)),
      keep: (path, id, options) => around('keep', () => trash.keep(path, id, options)),
      drop: (id, options) => around('drop', () => trash.drop(id, options)),
    })),
  })
}

/** The VFS may note then what will stand there: that has two moments. */
const staging =
  (options: WriteOptions | undefined, reach: Reach): WriteOptions['staged'] =>
  async (size) => {
    await reach('staged')
    if (!options?.staged) return
    await options.staged(size)
    await reach('noted')
  }
