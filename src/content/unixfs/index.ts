/** What is loaded together, when content is more than one leaf. */
export { cidOf, decode, parseCid, rawCidOf } from './codec.ts'
export { Draft } from './draft.ts'
export { fileOf } from './file-builder.ts'
export { patchFile } from './file-editor.ts'
export { reformatFolder } from './folder-editor.ts'
export { importFile, importTree, type Sink } from './import.ts'
export { type GetBlock, loader, type LoadNode, Nodes } from './loader.ts'
export { UnixfsReader } from './reader.ts'
