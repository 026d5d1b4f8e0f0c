import { createHash } from 'node:crypto'
import type { Pinned } from '../../src/cluster/types.ts'
import type { Metadata } from '../../src/core/backend.ts'

/** What one tree says of a pin. */
export interface Claim {
  /** The data folder that said it last. */
  readonly owner: string
  /** It is the tree's root no longer. */
  readonly replaced?: boolean | undefined
  /** Of which root it was made. */
  readonly previous?: string | undefined
}

/** By which people and the tools know a pin of ours. */
const OWNER = 'polymount-owner'
const PREVIOUS = 'polymount-previous'
const PREFIX = 'pm-'
/** A peer takes 4 KiB of a request's head, the metadata among them. A tree that is left out claims its root again when it is opened. */
const MOST = 80

/**
 * A cluster has one pin for a CID, with one name, and trees that are alike have one root: so each tree that a pin belongs to has a claim of a
 * few bytes in its metadata. The name, and what it was made of, are of the tree that published it last.
 */
export function claimOf({ name, metadata }: Pinned, tree: string): Claim | undefined {
  const text = metadata[keyOf(tree)]
  if (text === undefined) return undefined
  return { owner: text.replace(/^-/, ''), replaced: text.startsWith('-'), previous: name === tree ? metadata[PREVIOUS] : undefined }
}

/** Metadata that say this of one tree, and of others whose root it is that it is so. */
export const claiming = (pin: Pinned | undefined, tree: string, { owner, replaced = false, previous }: Claim): Metadata => ({
  [OWNER]: owner,
  ...(previous !== undefined && { [PREVIOUS]: previous }),
  ...Object.fromEntries(claimsOfOthers(pin, tree).slice(0, MOST)),
  [keyOf(tree)]: (replaced ? '-' : '') + shortened(owner),
})

export const isOfOthers = (pin: Pinned | undefined, tree: string): boolean => claimsOfOthers(pin, tree).length > 0

export const isBy = (claim: Claim | undefined, owner: string): boolean => claim?.owner === shortened(owner)

const claimsOfOthers = (pin: Pinned | undefined, tree: string): [string, string][] =>
  Object.entries(pin?.metadata ?? {}).filter(([key, value]) => key.startsWith(PREFIX) && key !== keyOf(tree) && !value.startsWith('-'))

const keyOf = (tree: string): string => PREFIX + shortened(tree)
const shortened = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)
