import { z } from 'zod'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { PathStat, Vfs } from '../../src/vfs/types.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { kind, length, limit, nextCursor, offset } from '../ipfs-schemas.ts'
import { mfsPath } from '../mfs-path.ts'
import { pieceOf } from '../vfs/reading.ts'
import { callOf, cursor } from '../vfs/schemas.ts'

const root = mfsPath.default(() => mfsPath.parse('/'))

const LsInput = z.strictObject({ path: root, long: z.boolean().default(false).describe('With size and CID'), cursor, limit })
const LsOutput = z.strictObject({
  path: z.string(),
  entries: z.array(z.strictObject({ name: z.string(), kind, size: z.int().optional(), cid: z.string().optional() })),
  next_cursor: nextCursor,
})

const StatInput = z.strictObject({ path: mfsPath })
const StatOutput = z.strictObject({
  path: z.string(),
  cid: z.string(),
  etag: z.string(),
  kind,
  size: z.int().describe('Of the content; of a folder, of all below it'),
  cumulative_size: z.int().describe('Of all blocks'),
  blocks: z.int().describe('Right below it'),
  mode: z.string().nullable(),
  modified: z.iso.datetime().nullable(),
})

const ReadInput = z.strictObject({ path: mfsPath, offset, length })
const ReadOutput = z.strictObject({
  path: z.string(),
  etag: z.string(),
  size: z.int(),
  next_offset: z.int().nullable(),
  content: z.string().optional().describe('If it is text'),
  content_base64: z.string().optional(),
})

const FlushInput = z.strictObject({ path: root })
const FlushOutput = z.strictObject({ path: z.string(), cid: z.string() })

/** Looks into the mutable tree. */
export class MfsReadTools {
  readonly #node: IpfsNode
  readonly #vfs: Vfs

  constructor({ ipfs, vfs }: Pick<Services, 'ipfs' | 'vfs'>) {
    this.#node = ipfs
    this.#vfs = vfs
  }

  @tool({
    name: 'ipfs_files_ls',
    title: 'List an MFS folder',
    description: 'List a folder of the mutable tree of IPFS (MFS).',
    effect: 'read',
    needs: ['ipfs'],
    input: LsInput,
    output: LsOutput,
  })
  async ls(input: z.output<typeof LsInput>, context: ToolContext): Promise<z.input<typeof LsOutput>> {
    const { path, long, cursor: from, limit: most } = input
    const after = from === undefined ? undefined : String(placeOf(from, path))
    const entries: z.input<typeof LsOutput>['entries'] = []
    for await (const { name, kind: what, size, cid } of this.#vfs.list(path, { ...callOf(context), after, details: long })) {
      if (entries.length === most) return { path, entries, next_cursor: cursorOf(path, entries.at(-1)?.name ?? '') }
      entries.push({ name, kind: what, ...(long && { size, cid }) })
    }
    return { path, entries, next_cursor: null }
  }

  @tool({
    name: 'ipfs_files_stat',
    title: 'Stat an MFS path',
    description: 'Tell the CID, kind, sizes, mode and time of a file or folder of MFS.',
    effect: 'read',
    needs: ['ipfs'],
    input: StatInput,
    output: StatOutput,
  })
  async stat({ path }: z.output<typeof StatInput>, context: ToolContext): Promise<z.input<typeof StatOutput>> {
    const { cid = '', etag } = await this.#at(path, context)
    const node = await this.#node.stat(cid, context)
    const facts = { path, cid, etag, kind: node.kind, size: node.size, cumulative_size: node.tsize, blocks: node.links }
    return { ...facts, mode: node.mode?.toString(8).padStart(4, '0') ?? null, modified: node.modified?.toISOString() ?? null }
  }

  @tool({
    name: 'ipfs_files_read',
    title: 'Read an MFS file',
    description: 'Read bytes of a file of MFS.',
    effect: 'read',
    needs: ['ipfs'],
    input: ReadInput,
    output: ReadOutput,
  })
  async read({ path, offset: from, length: most }: z.output<typeof ReadInput>, context: ToolContext): Promise<z.input<typeof ReadOutput>> {
    const file = await this.#vfs.open(path, callOf(context))
    const { next, text: _, ...piece } = await pieceOf(path, file, from, most)
    return { path, etag: file.stat.etag, size: file.stat.size, next_offset: next, ...piece }
  }

  @tool({
    name: 'ipfs_files_flush',
    title: 'Tell the CID of an MFS path',
    description: 'Tell the CID that an MFS path has now; every change is durable already when it is answered.',
    effect: 'read',
    needs: ['ipfs'],
    input: FlushInput,
    output: FlushOutput,
  })
  async flush({ path }: z.output<typeof FlushInput>, context: ToolContext): Promise<z.input<typeof FlushOutput>> {
    const { cid = '' } = await this.#at(path, context)
    return { path, cid }
  }

  #at(path: PathStat['path'], context: ToolContext): Promise<PathStat> {
    return this.#vfs.stat(path, callOf(context))
  }
}
