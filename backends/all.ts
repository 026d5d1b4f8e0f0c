import { z } from 'zod'
import type { ContentStore } from '../src/content/types.ts'
import type { Backend } from '../src/core/backend.ts'
import type { IpfsNode } from '../src/ipfs/types.ts'

/** What a backend may need beside its options. */
export interface BackendParts {
  /** No backend ever serves it. */
  readonly dataFolder: string
  readonly content: ContentStore
  readonly ipfs: IpfsNode
}

export interface BackendType {
  /** What a person can set, in the configuration's spelling. */
  readonly options: z.ZodObject
  open(options: unknown, parts: BackendParts): Promise<Backend>
}

function type<O extends z.ZodObject>(options: O, open: (options: z.output<O>, parts: BackendParts) => Promise<Backend>): BackendType {
  return { options, open: (given, parts) => open(options.parse(given), parts) }
}

/** Every type of backend by its name. Each is loaded when the first mount needs it. */
export const BACKENDS: Readonly<Record<string, BackendType>> = {
  local: type(z.strictObject({ root: z.string().startsWith('/').describe('Absolute path of a folder') }), async ({ root }, { dataFolder }) => {
    const { LocalBackend } = await import('./local/local.ts')
    return new LocalBackend({ root, dataFolder })
  }),
  memory: type(z.strictObject({ max_bytes: z.int().positive().optional().describe('What all content together may take') }), async ({ max_bytes }) => {
    const { MemoryBackend } = await import('./memory/memory.ts')
    return new MemoryBackend({ maxBytes: max_bytes })
  }),
  ipfs: type(z.strictObject({}), async (_, { ipfs }) => {
    const { IpfsBackend } = await import('./ipfs/ipfs.ts')
    return new IpfsBackend(ipfs)
  }),
  mfs: type(z.strictObject({}), async (_, { ipfs }) => {
    const { MfsBackend } = await import('./mfs/mfs.ts')
    return new MfsBackend(ipfs)
  }),
}
