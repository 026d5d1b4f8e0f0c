import { opening } from '../core/stream.ts'
import type { RetrievalParts } from './run.ts'
import type { Retrieval } from './types.ts'

/** What it needs is loaded by the first call. */
export const retrieving = (parts: RetrievalParts): Retrieval => ({
  daemon: parts.daemon,
  blocks: (request, options) => opening(async () => (await import('./run.ts')).retrieve(parts, request, options)),
})
