import { BOUNDS } from '../src/search/limits.ts'

/** Aborts when a page that looks for something is to answer with what it has found, and a cursor: after as long as a search in the content of files does. */
export const late = BOUNDS.deadline
