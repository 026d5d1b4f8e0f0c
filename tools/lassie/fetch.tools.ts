import { z } from 'zod'
import { isCode, VfsError } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { vfsPathInput } from '../../src/registry/path-input.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Request, Retrieval, RetrieveOptions } from '../../src/retrieval/types.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { cid as cidInput } from '../ipfs-schemas.ts'
import { Below, NOTHING_BELOW, surveyed, writeFile, type Written, writeTree } from '../ipfs_core/writing.ts'
import { callOf } from '../vfs/schemas.ts'
import { Tally } from './tally.ts'

const MAX_TIMEOUT_MS = 3_600_000

const FetchInput = z.strictObject({
  cid: cidInput,
  to: vfsPathInput('The new path; ending in .car it becomes a CAR'),
  scope: z.enum(['block', 'entity', 'all']).optional().describe('entity: a folder alone; default all'),
  offset: z.int().min(0).optional().describe('Bytes of a file'),
  length: z.int().min(1).optional(),
  timeout_ms: z.int().min(1).max(MAX_TIMEOUT_MS).default(300_000),
})
const FromInput = FetchInput.extend({
  providers: z.array(z.string()).min(1).max(20).describe('URLs of gateways, multiaddresses of peers'),
})
const FetchOutput = z.strictObject({
  cid: z.string().describe('What the path leads to'),
  path: z.string(),
  ...Below.shape,
  bytes: z.int(),
  blocks: z.int().describe('Verified'),
  providers: z.array(z.strictObject({ provider: z.string(), blocks: z.int(), bytes: z.int() })).describe('Who sent them, where known; local: were here'),
  change: z.string().nullable().describe('Pass it to vfs_undo'),
})

type Fetched = z.input<typeof FetchOutput>
type Got = Omit<Fetched, 'path' | 'blocks' | 'providers'>

interface Job {
  readonly request: Request
  readonly to: VfsPath
  readonly options: RetrieveOptions
  readonly context: ToolContext
}

/** Content of IPFS from whoever has it, each block verified before it is used, into any storage. */
export class FetchTools {
  readonly #node: IpfsNode
  readonly #retrieval: Retrieval
  readonly #vfs: Vfs

  constructor({ ipfs, retrieval, vfs }: Pick<Services, 'ipfs' | 'retrieval' | 'vfs'>) {
    this.#node = ipfs
    this.#retrieval = retrieval
    this.#vfs = vfs
  }

  @tool({
    name: 'lassie_fetch',
    title: 'Fetch from whoever has it',
    description: 'Fetch IPFS content from whoever has it, every block verified, and write it to a path.',
    effect: 'write',
    openWorld: true,
    needs: ['ipfs'],
    input: FetchInput,
    output: FetchOutput,
  })
  async fetch(input: z.output<typeof FetchInput>, context: ToolContext): Promise<Fetched> {
    return this.#fetch(input, undefined, context)
  }

  @tool({
    name: 'lassie_fetch_with_providers',
    title: 'Fetch from named providers',
    description: 'Fetch as lassie_fetch does, from these providers alone.',
    effect: 'write',
    openWorld: true,
    needs: ['ipfs'],
    input: FromInput,
    output: FetchOutput,
  })
  async fetchFrom({ providers, ...input }: z.output<typeof FromInput>, context: ToolContext): Promise<Fetched> {
    return this.#fetch(input, providers, context)
  }

  async #fetch(input: z.output<typeof FetchInput>, providers: readonly string[] | undefined, context: ToolContext): Promise<Fetched> {
    const { to, timeout_ms: timeoutMs } = input
    const tally = new Tally(context.progress)
    const options: RetrieveOptions = { providers, timeoutMs, signal: context.signal, onBlock: (bytes, from) => tally.add(bytes, from) }
    const isCar = to.endsWith('.car')
    const job: Job = { request: requestOf(input, isCar), to, options, context }
    await this.#requireNothing(to, context)
    const got = await (isCar ? this.#car(job) : this.#files(job))
    return { path: to, ...got, blocks: tally.blocks, providers: tally.providers }
  }

  /** Straight into the file, which is there once all of it is. */
  async #car({ request, to, options, context }: Job): Promise<Got> {
    const { Archive } = await import('../../src/retrieval/archive.ts')
    const archive = new Archive(this.#retrieval.blocks(request, options))
    const { bytes, change } = await writeFile(this.#vfs, to, archive.bytes(), context)
    return { cid: archive.root, ...NOTHING_BELOW, bytes, change }
  }

  /** By way of the node, which keeps what came until the next collection: a call that is repeated goes on from there. */
  async #files({ request, to, options, context }: Job): Promise<Got> {
    await using _ = await this.#node.guard()
    const { keep } = await import('../../src/retrieval/keep.ts')
    const cid = await keep(this.#node, this.#retrieval.blocks(request, options), options)
    const root = await this.#node.stat(cid, options)
    if (root.kind === 'directory' && request.scope !== 'all')
      throw invalid(`${cid} is a folder, of which nothing but scope all makes files`, 'Let `to` end in .car.')
    const found = await surveyed(this.#node, root, context)
    const { bytes, change } = await this.#write(cid, { request, to, options, context })
    return { cid, ...found, bytes, change }
  }

  #write(cid: string, { request: { part }, to, context }: Job): Promise<Written> {
    if (!part) return writeTree(this.#vfs, cid, to, context)
    return writeFile(this.#vfs, to, this.#node.read(cid, { ...part, signal: context.signal }), context)
  }

  /** Before anything is fetched; looked at again when it is written. */
  async #requireNothing(to: VfsPath, context: ToolContext): Promise<void> {
    const standing = await this.#vfs.stat(to, callOf(context)).catch((error: unknown) => (isCode(error, 'NOT_FOUND') ? undefined : Promise.reject(error)))
    if (standing) throw new VfsError('ALREADY_EXISTS', `something stands at ${to}`, { path: to })
  }
}

function requestOf({ cid: path, scope, offset, length }: z.output<typeof FetchInput>, isCar: boolean): Request {
  const part = offset === undefined && length === undefined ? undefined : { offset: offset ?? 0, length }
  if (part && scope !== undefined && scope !== 'entity') throw invalid(`offset and length are of scope entity, not of ${scope}`)
  if (!isCar && scope === 'block') throw invalid('scope block is blocks and no file', 'Let `to` end in .car.')
  return { path, scope: part ? 'entity' : (scope ?? 'all'), part }
}

const invalid = (message: string, hint?: string): VfsError => new VfsError('INVALID_ARGUMENT', message, { hint })
