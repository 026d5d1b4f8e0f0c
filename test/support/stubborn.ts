import { MemoryBackend } from '../../backends/memory/memory.ts'
import { VfsError } from '../../src/core/error.ts'
import { forward, forwardTrash } from '../../src/layers/forward.ts'

/** A storage in which one place cannot be brought back, until it is told otherwise. */
export function stubborn() {
  const refused = new Set<string>()
  const inner = new MemoryBackend()
  const trash = forwardTrash(inner.trash, (whole) => ({
    back: async (id, path, options) => {
      if (refused.has(path)) throw new VfsError('IO_ERROR', `${path} cannot be made`, { path })
      return whole.back(id, path, options)
    },
  }))
  return { refused, backend: forward(inner, { trash }) }
}
