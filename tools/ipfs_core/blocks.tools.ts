import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import type { Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { cid, length, limit, nextCursor, offset } from '../ipfs-schemas.ts'
import { cursor } from '../vfs/schemas.ts'
import { pageOf } from './page.ts'

const StatInput = z.strictObject({ cid })
const StatOutput = z.strictObject({ cid: z.string(), size: z.int() })

const GetInput = z.strictObject({ cid, offset, length })
const GetOutput = z.strictObject({
  cid: z.string(),
  size: z.int(),
  content: z.string().optional().describe('The bytes, if they are UTF-8'),
  content_base64: z.string().optional(),
  next_offset: z.int().nullable(),
})

const RefsInput = z.strictObject({
  cid,
  recursive: z.boolean().default(false),
  unique: z.boolean().default(true),
  max_depth: z.int().min(1).optional(),
  cursor,
  limit,
})
const RefsOutput = z.strictObject({ refs: z.array(z.string()), next_cursor: nextCursor })

const LocalInput = z.strictObject({ cursor, limit })
const LocalOutput = z.strictObject({ cids: z.array(z.string()).describe('As CIDs of raw blocks'), next_cursor: nextCursor })

const MAX_PASSED = 1_000_000

/** Blocks as they are, whatever they hold. */
export class BlockTools {
  readonly #node: IpfsNode

  constructor({ ipfs }: Pick<Services, 'ipfs'>) {
    this.#node = ipfs
  }

  @tool({
    name: 'ipfs_block_stat',
    title: 'Stat a block',
    description: 'Tell the size of one block; it is fetched if it is not on this machine.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: StatInput,
    output: StatOutput,
  })
  async stat({ cid: path }: z.output<typeof StatInput>, { signal }: ToolContext): Promise<z.input<typeof StatOutput>> {
    const { found, block } = await this.#block(path, { signal })
    return { cid: found, size: block.length }
  }

  @tool({
    name: 'ipfs_block_get',
    title: 'Read a block',
    description: 'Read the bytes of one block as they are stored.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: GetInput,
    output: GetOutput,
  })
  async get({ cid: path, offset: start, length: most }: z.output<typeof GetInput>, { signal }: ToolContext): Promise<z.input<typeof GetOutput>> {
    const { found, block } = await this.#block(path, { signal })
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.length).subarray(start, start + most)
    const content = isUtf8(bytes) ? { content: bytes.toString() } : { content_base64: bytes.toString('base64') }
    return { cid: found, size: block.length, ...content, next_offset: start + most < block.length ? start + most : null }
  }

  @tool({
    name: 'ipfs_refs',
    title: 'List links',
    description: 'List the CIDs that a block links to, with recursive all below it, depth first.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: RefsInput,
    output: RefsOutput,
  })
  async refs(input: z.output<typeof RefsInput>, { signal }: ToolContext): Promise<z.input<typeof RefsOutput>> {
    const { blockAt, refs } = await load()
    const { recursive, unique, max_depth } = input
    const maxDepth = recursive ? (max_depth ?? Infinity) : 1
    const root = (await blockAt(this.#node, input.cid, { signal })).toString()
    const query = [root, unique, recursive ? (max_depth ?? null) : 1]
    const skip = input.cursor === undefined ? 0 : passedBy(placeOf(input.cursor, query))
    const { page, more } = await pageOf(refs(this.#node, root, { unique, maxDepth, signal }), input.limit, skip)
    return { refs: [...page], next_cursor: more ? cursorOf(query, skip + page.length) : null }
  }

  @tool({
    name: 'ipfs_refs_local',
    title: 'List local blocks',
    description: 'List the CIDs of all blocks on this machine, sorted.',
    effect: 'read',
    needs: ['ipfs'],
    input: LocalInput,
    output: LocalOutput,
  })
  async local({ cursor: from, limit: most }: z.output<typeof LocalInput>, { signal }: ToolContext): Promise<z.input<typeof LocalOutput>> {
    const { inOrder } = await load()
    const after = from === undefined ? undefined : String(placeOf(from, 'local'))
    const { page, more } = await pageOf(
      inOrder(() => this.#node.blocks.local({ signal }), after),
      most,
    )
    return { cids: [...page], next_cursor: more ? cursorOf('local', page.at(-1) ?? '') : null }
  }

  async #block(path: string, call: Call): Promise<{ readonly found: string; readonly block: Uint8Array }> {
    const { blockAt } = await load()
    const found = (await blockAt(this.#node, path, call)).toString()
    return { found, block: await this.#node.blocks.get(found, call) }
  }
}

/** Some blocks can have links without end, and the way to a place among them is walked again. */
function passedBy(place: string | number): number {
  if (typeof place === 'number' && place >= 0 && place <= MAX_PASSED) return place
  throw new VfsError('INVALID_CURSOR', `a cursor leads past ${MAX_PASSED} links at most`, { hint: 'Ask for unique links, or begin further below.' })
}

const load = () => import('../../src/ipfs/dag/index.ts')
