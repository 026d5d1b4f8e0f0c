import { createHash } from 'node:crypto'
import { brotliDecompressSync } from 'node:zlib'
import { VfsError } from '../core/error.ts'

/** ripgrep 15.1 for wasm32-wasip1, as npm ripgrep@0.3.1 carries it. */
const SHA256 = '0b39774ab9fe912a277f3b921f7619c937dc0398eacf184683d2112919cb6943'

let compiled: Promise<WebAssembly.Module> | undefined

/** Compiled at the first search and shared by all workers. Its package's own entry runs unchecked code from a temporary file, so only the bytes are taken. */
export const engine = (): Promise<WebAssembly.Module> => (compiled ??= compile())

async function compile(): Promise<WebAssembly.Module> {
  const { getCompressedBytes } = await import('../../node_modules/ripgrep/lib/_rg.wasm.mjs')
  const bytes = brotliDecompressSync(getCompressedBytes())
  if (createHash('sha256').update(bytes).digest('hex') !== SHA256)
    throw new VfsError('INTERNAL', 'the search engine is not the one this version was built with')
  return WebAssembly.compile(bytes)
}
