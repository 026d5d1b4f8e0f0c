import type { ThreadAccess } from '../../src/core/backend.ts'

/** What a reader in another thread has to know. */
export interface ReaderInit {
  readonly root: string
  readonly dataFolder: string | undefined
  readonly beneath: string | undefined
}

/** How a thread reads the files below a root by itself. */
export const threadAccess = (init: ReaderInit): ThreadAccess => ({ module: new URL('./reader.worker.ts', import.meta.url).href, init })
