/** A line longer than this ends the search of its file: the engine holds whole lines. */
export const MAX_LINE_BYTES = 16 * 2 ** 20

/** What is shown of one line, around the match: with its path it stays below the 2,000 characters that a line of a result may have. */
export const MAX_TEXT = 1_500

/** Larger files go to a worker piece by piece, in pieces of this size. */
export const PIECE_BYTES = 2 ** 20

/** Content that travels to a worker in one message. */
export const BATCH_BYTES = 4 * 2 ** 20

/** Few files at first, so that the first hits come soon; then enough to forget what starting an instance costs. */
export const BATCH_FILES: readonly [number, ...number[]] = [64, 256, 1_024]

const SEARCH_MS = 30_000

/** What one search may spend before it answers with what it has. */
export interface Bounds {
  /** Aborts when the time is up that begins with this call. */
  readonly deadline: () => AbortSignal
  /** Of content from each storage that is not of this machine: it costs time and, at some, money. */
  readonly remoteBytes: number
}

export const BOUNDS: Bounds = { deadline: () => AbortSignal.timeout(SEARCH_MS), remoteBytes: 64 * 2 ** 20 }

/** Files that are still counted once the budget is spent. */
export const MAX_COUNTED = 100_000
