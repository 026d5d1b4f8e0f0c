import type { IncomingMessage } from 'node:http'
import type { CID } from 'multiformats/cid'
import { collect } from '../core/bytes.ts'
import { isCode, VfsError } from '../core/error.ts'
import { isBlockOf } from '../ipfs/block.ts'
import { MAX_BLOCK_BYTES } from '../ipfs/types.ts'
import type { HttpClient } from './http.ts'
import type { Provider } from './providers.ts'

const MISSING = new Set<number | undefined>([404, 410])

/** A trustless gateway, by its URL: one request for a block. */
export const gatewayProvider = (address: string, base: URL, client: HttpClient): Provider => ({
  address,
  async get(cid, { signal } = {}) {
    const url = new URL(`${base.pathname.replace(/\/$/, '')}/ipfs/${cid.toString()}?format=raw`, base)
    const response = await client.get(url, { headers: { accept: 'application/vnd.ipld.raw' }, signal })
    try {
      return { bytes: await blockOf(cid, response), from: address }
    } finally {
      if (!response.readableEnded) response.destroy() // what is left of it nobody reads
    }
  },
})

async function blockOf(cid: CID, response: IncomingMessage): Promise<Uint8Array> {
  const { statusCode: status } = response
  if (MISSING.has(status)) throw new VfsError('NOT_FOUND', `has no block ${cid.toString()}`)
  if (status !== 200) throw new VfsError('UNAVAILABLE', `answers ${status}`)
  const bytes = await collect(response, MAX_BLOCK_BYTES).catch((error: unknown) => {
    throw isCode(error, 'FILE_TOO_LARGE') ? wrong(`sends more than a block can have for ${cid.toString()}`) : error
  })
  if (isBlockOf(cid, bytes)) return bytes
  throw wrong(`sends something else for ${cid.toString()}`)
}

const wrong = (how: string): VfsError => new VfsError('INVALID_BLOCK', how)
