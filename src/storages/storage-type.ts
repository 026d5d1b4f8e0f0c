import type { z } from 'zod'
import type { Backend, Call } from '../core/backend.ts'
import type { Usual } from '../layers/usual.ts'

/** What an agent's options are measured by. */
export interface Cage {
  /** Options of the configured storages of the same type. */
  readonly configured: readonly Readonly<Record<string, unknown>>[]
  /** Folders of this machine that agents may see. */
  readonly served: readonly string[]
}

/** One type of storage, which opens of its options and `P`, what it needs beside them. */
export interface StorageType<P> {
  readonly options: z.ZodObject
  /** `HERE` for what answers at once. */
  readonly usual: Usual
  open(options: unknown, parts: P, call: Call): Promise<Backend>
  /** The options, if an agent may choose them: rejects DENIED. Absent: a person names such storages, and nobody else. */
  readonly forAgents?: ((options: Readonly<Record<string, unknown>>, cage: Cage) => Promise<Record<string, unknown>>) | undefined
}

export type StorageTypes<P> = Readonly<Record<string, StorageType<P>>>
