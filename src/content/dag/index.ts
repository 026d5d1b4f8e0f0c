/** What is loaded together, when something follows links. */
export { type Codec, codecOf, type CodecName, CODECS, decodeBlock, linksOf } from './codecs.ts'
export { inTurn } from './in-turn.ts'
export { keyOf, once, type Verdict, type Visits } from './visits.ts'
export { type FindBlock, walk, type WalkOptions } from './walk.ts'
