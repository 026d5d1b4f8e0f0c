/** Leaves of a content that its own thread hashes: for less than that no other one is worth its start. */
export const ALONE = 8
