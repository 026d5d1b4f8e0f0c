/** What is loaded together, when content is more than one leaf. */
export { parseCid, rawCidOf } from './codec.ts'
export { Draft } from './draft.ts'
export { buildFile, rootOf, type Save } from './file-builder.ts'
export { type GetBlock, loader, type LoadNode } from './loader.ts'
export { UnixfsReader } from './reader.ts'
export { TreeBuilder } from './tree.ts'
