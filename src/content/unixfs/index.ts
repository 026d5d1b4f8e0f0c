/** What is loaded together, when content is more than one leaf. */
export { parseCid } from './codec.ts'
export { buildFile, rootOf, type Save } from './file-builder.ts'
export { TreeBuilder } from './tree.ts'
export { UnixfsReader } from './reader.ts'
