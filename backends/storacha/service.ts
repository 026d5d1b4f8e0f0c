import { randomUUID } from 'node:crypto'
import { type Client, create } from '@storacha/client'
import { Signer } from '@storacha/client/principal/ed25519'
import { parse } from '@storacha/client/proof'
import { uploadServiceConnection } from '@storacha/client/service'
import { StoreMemory } from '@storacha/client/stores/memory'
import { parseLink } from '@ucanto/core'
import type { Bytes } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { storachaError } from './errors.ts'

/** What is held in memory of an upload at once; the service takes up to 127 MiB. */
const SHARD_BYTES = 8 << 20
const PAGE = 100
const UPLOAD_MS = 600_000
const RETRIES = 2
/** Nothing is offered to Filecoin: its hash of 8 MiB would hold the process up for seconds. The client's types leave out that null means so. */
const NO_PIECES: object = { pieceHasher: null }
const CAR = 0x0202

type Did = `did:${string}:${string}`
type DidKey = `did:key:${string}`
export type Shard = Parameters<Client['capability']['upload']['add']>[1][number]

export interface ServiceOptions {
  readonly url: string
  readonly did: string
  /** Secret, as `Mg…`. */
  readonly agentKey: string
  /** To the agent, as base64. */
  readonly delegation: string
  /** By default that of the delegation. */
  readonly space?: string | undefined
}

export interface Uploaded {
  readonly root: string
  /** The CARs that its blocks are in, if the service lists them. */
  readonly shards: readonly Shard[]
  readonly at: string
}

/** A space of an upload service, seen by one agent. */
export class Space {
  readonly did: string
  readonly #client: Client
  readonly #until: number

  private constructor(client: Client, did: string, until: number) {
    this.#client = client
    this.did = did
    this.#until = until
  }

  /** Rejects PERMISSION_DENIED for a key or delegation that is none, without telling it. */
  static async open({ url, did, agentKey, delegation, space }: ServiceOptions): Promise<Space> {
    const id = checked(did, isDid)
    const connection = uploadServiceConnection({ id: { did: () => id }, url: new URL(url) })
    const serviceConf = { access: connection, upload: connection, filecoin: connection, gateway: connection }
    const principal = await given('agent key', () => Signer.parse(agentKey.trim()))
    const proof = await given('delegation', () => parse(delegation.trim()))
    const client = await create({ principal, store: new StoreMemory(), serviceConf, receiptsEndpoint: new URL('receipt/', slashed(url)) })
    requireValid(proof.expiration)
    const shared = await told('any use', () => client.addSpace(proof))
    const wanted = checked(space ?? shared.did(), isDidKey)
    await told('any use', () => client.setCurrentSpace(wanted))
    return new Space(client, wanted, proof.expiration)
  }

  /** All that the space lists, in the order of the service. */
  async *uploads(): AsyncGenerator<Uploaded> {
    for (let cursor: string | undefined; ;) {
      const page = await this.#told('upload/list', () =>
        this.#client.capability.upload.list({ ...fresh(), size: PAGE, ...(cursor !== undefined && { cursor }) }),
      )
      for (const upload of page.results) yield { root: upload.root.toString(), shards: shardsOf(upload), at: upload.insertedAt }
      if (page.results.length < PAGE || page.cursor === undefined || page.cursor === cursor) return
      cursor = page.cursor
    }
  }

  /** A CAR, cut into shards; what the root also needs is in `others` already. Resolves with all of them. */
  async upload(root: string, car: Bytes, others: readonly Shard[]): Promise<readonly Shard[]> {
    const signal = AbortSignal.timeout(UPLOAD_MS)
    const rootCID = parseLink(root)
    const shards: Shard[] = [...others]
    await this.#told('space/blob/add, space/index/add and upload/add', async () => {
      await this.#client.uploadCAR(
        { stream: () => ReadableStream.from(own(car)) },
        { ...NO_PIECES, ...fresh(), rootCID, shardSize: SHARD_BYTES, signal, retries: RETRIES, onShardStored: ({ cid }) => void shards.push(cid) },
      )
    })
    if (others.length > 0) await this.list(root, others, signal)
    return shards
  }

  /** The root of what these shards have. */
  async list(root: string, shards: readonly Shard[], signal: AbortSignal = AbortSignal.timeout(UPLOAD_MS)): Promise<void> {
    await this.#told('upload/add', () => this.#client.capability.upload.add(parseLink(root), [...shards], { ...fresh(), signal, retries: RETRIES }))
  }

  /** From the list; no content goes. */
  async unlist(root: string): Promise<void> {
    await this.#told('upload/remove', () => this.#client.capability.upload.remove(parseLink(root), fresh()))
  }

  async #told<T>(doing: string, work: () => Promise<T>): Promise<T> {
    requireValid(this.#until)
    return told(doing, work)
  }
}

/** A call that is like one of the same second is the same one to the service, which answers it from what it said then. */
const fresh = (): { readonly nonce: string } => ({ nonce: randomUUID() })

/** The client leaves out what has expired, and then only misses it. */
function requireValid(until: number): void {
  if (until * 1000 > Date.now()) return
  throw new VfsError('CREDENTIALS_EXPIRED', 'the delegation has expired', { hint: 'A person has to delegate anew, to the same agent.' })
}

/** In memory that nobody shares: streams of the web take no other. */
async function* own(bytes: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const part of bytes) yield new Uint8Array(part)
}

async function told<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storachaError(error, doing)
  }
}

/** The cause is left out: it could show what it is about. */
async function given<T>(what: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch {
    throw new VfsError('PERMISSION_DENIED', `the ${what} cannot be read`, { hint: `See what the reference of the ${what} leads to.` })
  }
}

function checked<T extends string>(text: string, is: (text: string) => text is T): T {
  if (is(text)) return text
  throw new VfsError('INVALID_ARGUMENT', `${JSON.stringify(text)} is not the DID that is needed`)
}

const isDid = (text: string): text is Did => /^did:[a-z]+:.+$/.test(text)
const isDidKey = (text: string): text is DidKey => /^did:key:.+$/.test(text)

/** Newer services leave them out. */
const shardsOf = (upload: object): Shard[] => ('shards' in upload && Array.isArray(upload.shards) ? upload.shards.filter(isShard) : [])
const isShard = (link: unknown): link is Shard => typeof link === 'object' && link !== null && 'code' in link && link.code === CAR

const slashed = (url: string): string => (url.endsWith('/') ? url : `${url}/`)
