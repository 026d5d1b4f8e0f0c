/** A search in the content of files answers after as long with what it has. */
const LOOKED_MS = 30_000

/** Aborts when a page that looks for something is to answer with what it has found, and a cursor: before its client gives the call up. */
export const late = (): AbortSignal => AbortSignal.timeout(LOOKED_MS)
