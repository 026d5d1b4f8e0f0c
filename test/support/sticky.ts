import { MemoryBackend } from '../../backends/memory/memory.ts'
import type { Trash } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'

/** Takes everything, and lets nothing go. */
export class Sticky extends MemoryBackend {
  override readonly trash: Trash
  constructor() {
    super()
    const { trash } = new MemoryBackend()
    this.trash = {
      contents: trash.contents,
      put: () => Promise.reject(new VfsError('PERMISSION_DENIED', 'nothing goes')),
      back: (...given) => trash.back(...given),
      keep: (...given) => trash.keep(...given),
      drop: (...given) => trash.drop(...given),
    }
  }
}
