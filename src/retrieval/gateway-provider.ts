import type { IncomingMessage } from 'node:http'
import type { CID } from 'multiformats/cid'
import { collect } from '../core/bytes.ts'
import { isCode, VfsError } from '../core/error.ts'
import type { WebClient } from '../core/web.ts'
import { isBlockOf } from '../ipfs/block.ts'
import { Patience } from '../ipfs/patience.ts'
import { MAX_BLOCK_BYTES } from '../ipfs/types.ts'
import type { Provider } from './providers.ts'

const SILENCE_MS = 10_000
const MISSING = new Set<number | undefined>([404, 410])

/** A trustless gateway, by its URL: one request for a block. One that sends nothing for a while is given up. */
export const gatewayProvider = (address: string, base: URL, client: WebClient): Provider => ({
  address,
  async get(cid, { signal } = {}) {
    using patience = new Patience(SILENCE_MS, signal)
    const url = new URL(`${base.pathname.replace(/\/$/, '')}/ipfs/${cid.toString()}?format=raw`, base)
    try {
      const response = await client.ask(url, { headers: { accept: 'application/vnd.ipld.raw' }, signal: patience.signal })
      return { bytes: await blockOf(cid, response, patience), from: address }
    } catch (error) {
      throw patience.over ? new VfsError('TIMEOUT', `sent nothing for ${SILENCE_MS} ms`, { cause: error }) : error
    }
  },
})

async function blockOf(cid: CID, response: IncomingMessage, patience: Patience): Promise<Uint8Array> {
  const { statusCode: status } = response
  if (status !== 200) {
    response.destroy()
    throw MISSING.has(status) ? new VfsError('NOT_FOUND', `has no block ${cid.toString()}`) : new VfsError('UNAVAILABLE', `answers ${status}`)
  }
  const bytes = await collect(moving(response, patience), MAX_BLOCK_BYTES).catch((error: unknown) => {
    throw isCode(error, 'FILE_TOO_LARGE') ? wrong(`sends more than a block can have for ${cid.toString()}`) : error
  })
  if (isBlockOf(cid, bytes)) return bytes
  throw wrong(`sends something else for ${cid.toString()}`)
}

async function* moving(response: AsyncIterable<Uint8Array>, patience: Patience): AsyncGenerator<Uint8Array> {
  for await (const part of response) {
    patience.moved()
    yield part
  }
}

const wrong = (how: string): VfsError => new VfsError('INVALID_BLOCK', how)
