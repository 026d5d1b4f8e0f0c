import type { ChangeId } from './types.ts'

/**
 * The first sequence number of a new journal is taken at random from this range, so that two journals that serve the
 * same folder do not take each other's staged files for their own. All ids then have six characters after the `c`.
 */
export const FIRST_SEQ = { least: 32 ** 5, span: 32 ** 5 }

export const changeId = (seq: number): ChangeId => `c${seq.toString(32)}`

/** undefined for what is no id of a change. */
export const seqOf = (id: ChangeId): number | undefined => (/^c[0-9a-v]{1,10}$/.test(id) ? Number.parseInt(id.slice(1), 32) : undefined)
