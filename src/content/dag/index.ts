/** What is loaded together, when something follows links. */
export { type Codec, type CodecName, CODECS } from './codec.ts'
export { canLink, codecOf, decodeBlock, linksOf } from './codecs.ts'
export { inTurn } from './in-turn.ts'
export { keyOf, nodesOnce, once, type Verdict, type Visits } from './visits.ts'
export { type FindBlock, walk } from './walk.ts'
export { Way } from './way.ts'
