import { collect } from '../../src/core/bytes.ts'
import { VfsError } from '../../src/core/error.ts'
import type { GetBlock } from '../../src/content/unixfs/index.ts'
import { isBlockOf } from '../../src/ipfs/block.ts'
import { MAX_BLOCK_BYTES } from '../../src/ipfs/types.ts'

const BLOCK_MS = 30_000

/** Blocks of a trustless gateway that a person named, each verified. */
export const gateway =
  (base: string): GetBlock =>
  async (cid, { signal } = {}) => {
    const late = AbortSignal.timeout(BLOCK_MS)
    const url = `${base.replace(/\/+$/, '')}/ipfs/${cid.toString()}?format=raw`
    const bytes = await block(url, signal ? AbortSignal.any([signal, late]) : late).catch((error: unknown) => {
      throw error instanceof VfsError ? error : new VfsError('UNAVAILABLE', 'the gateway of the space does not answer', { cause: error })
    })
    if (isBlockOf(cid, bytes)) return bytes
    throw new VfsError('INVALID_BLOCK', `the gateway sends something else for ${cid.toString()}`)
  }

async function block(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { headers: { accept: 'application/vnd.ipld.raw' }, signal })
  if (response.ok && response.body) return collect(response.body, MAX_BLOCK_BYTES)
  await response.body?.cancel()
  throw new VfsError(response.status === 404 || response.status === 410 ? 'NOT_FOUND' : 'UNAVAILABLE', `the gateway answers ${response.status}`)
}
