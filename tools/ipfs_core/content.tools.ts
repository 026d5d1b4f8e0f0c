import { z } from 'zod'
import type { Range } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { vfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { formatSize } from '../../src/text/encoding.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { contentFields } from '../content.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { inTree } from '../ipfs_mfs/tree.ts'
import { pieceOf } from '../vfs/reading.ts'
import { callOf, cursor, text } from '../vfs/schemas.ts'
import { addContent } from './adding.ts'
import { addCar, pinAll } from './car.ts'
import { cid, entry, length, limit, nextCursor, offset } from './schemas.ts'

const AddInput = z.strictObject({
  ...contentFields,
  from: contentFields.from.describe('File or folder to add'),
  format: z.enum(['unixfs', 'car']).default('unixfs').describe('car: take in the blocks of a CAR'),
  name: z.string().min(1).max(255).optional().describe('Of the pin, and in the wrapping folder'),
  pin: z.boolean().default(true),
  to_mfs: z.string().optional().describe('Also put it at this path of /mfs'),
  wrap_with_directory: z.boolean().default(false),
  profile: z.enum(['unixfs-v1-2025', 'unixfs-v0-2015']).default('unixfs-v1-2025'),
  only_hash: z.boolean().default(false).describe('Compute the CID and store nothing'),
})
const AddOutput = z.strictObject({
  cid: z.string(),
  size: z.int(),
  profile: z.string(),
  reachable: z.string().describe('Who can fetch it'),
  entries: z.array(entry).describe('The first of a folder'),
  total: z.int().describe('Entries in all; of a CAR its blocks'),
  skipped: z.int().describe('Symbolic links, which are left out'),
  roots: z.array(z.string()).optional().describe('Of a CAR'),
  change: z.string().nullable().describe('Of to_mfs; pass it to vfs_undo'),
})

const CatInput = z.strictObject({ cid, offset, length })
const CatOutput = z.strictObject({
  cid: z.string(),
  size: z.int(),
  next_offset: z.int().nullable(),
  content: z.string().optional().describe('The bytes, if they are UTF-8'),
  content_base64: z.string().optional(),
  text,
})

const LsInput = z.strictObject({ cid, cursor, limit })
const LsOutput = z.strictObject({ cid: z.string(), entries: z.array(entry), next_cursor: nextCursor })

/** Content of IPFS by CID; what only reads or copies files goes by path through the VFS. */
export class ContentTools {
  readonly #node: IpfsNode
  readonly #vfs: Vfs

  constructor({ ipfs, vfs }: Pick<Services, 'ipfs' | 'vfs'>) {
    this.#node = ipfs
    this.#vfs = vfs
  }

  @tool({
    name: 'ipfs_add',
    title: 'Add to IPFS',
    description: 'Add text, bytes, a file or a folder to IPFS from one of content, content_base64 and from, and tell its CID; read it back as /ipfs/<cid>.',
    effect: 'write',
    idempotent: true,
    core: true,
    needs: ['ipfs'],
    input: AddInput,
    output: AddOutput,
  })
  async add(input: z.output<typeof AddInput>, context: ToolContext): Promise<z.input<typeof AddOutput>> {
    const { only_hash: onlyHash, profile, to_mfs, name } = input
    if (onlyHash && to_mfs !== undefined) throw new VfsError('INVALID_ARGUMENT', 'to_mfs needs the content, which only_hash does not keep')
    const call = callOf(context)
    const onProgress = (bytes: number): void => context.progress(bytes, undefined, formatSize(bytes))
    await using _ = onlyHash ? undefined : await this.#node.guard()
    const options = { ...call, onlyHash, profile, onProgress }
    const { root, roots, entries, total, skipped } = await (input.format === 'car' ? addCar : addContent)(this.#node, this.#vfs, input, options)
    const pinned = input.pin && !onlyHash
    if (pinned) await pinAll(this.#node.pins, roots ?? [root.cid], { name, signal: context.signal })
    const change = to_mfs === undefined ? null : await this.#link(root.cid, to_mfs, context)
    const reachable = onlyHash ? 'nobody: nothing was stored' : await this.#reachable(pinned || to_mfs !== undefined)
    return {
      cid: root.cid,
      size: root.size,
      profile,
      reachable,
      entries: entries.map(entryOf),
      total: Math.max(total, 0),
      skipped,
      ...(roots && { roots: [...roots] }),
      change,
    }
  }

  @tool({
    name: 'ipfs_cat',
    title: 'Read from IPFS',
    description: 'Read bytes of a file by its CID; what is not on this machine is fetched and verified.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: CatInput,
    output: CatOutput,
    text: (output) => output.text,
  })
  async cat({ cid: path, offset: start, length: most }: z.output<typeof CatInput>, { signal }: ToolContext): Promise<z.input<typeof CatOutput>> {
    const { cid: found, kind: what, size } = await this.#node.stat(path, { signal })
    if (what === 'directory') throw new VfsError('IS_DIRECTORY', `${path} is a folder`, { hint: 'List it with ipfs_ls, and read a file in it.' })
    const file = { stat: { size, etag: found.slice(-12) }, read: (range: Range) => this.#node.read(found, { ...range, signal }) }
    const { next, ...piece } = await pieceOf(vfsPath(`/ipfs/${found}`), file, start, most, 'offset')
    return { cid: found, size, next_offset: next, ...piece }
  }

  @tool({
    name: 'ipfs_ls',
    title: 'List an IPFS folder',
    description: 'List the names in a folder by its CID, with CID, size and kind of each.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: LsInput,
    output: LsOutput,
  })
  async ls({ cid: path, cursor: from, limit: most }: z.output<typeof LsInput>, { signal }: ToolContext): Promise<z.input<typeof LsOutput>> {
    const found = await this.#node.resolve(path, { signal })
    const after = from === undefined ? undefined : String(placeOf(from, found))
    const entries = []
    for await (const node of this.#node.list(found, { after, signal })) {
      if (entries.length === most) return { cid: found, entries, next_cursor: cursorOf(found, entries.at(-1)?.name ?? '') }
      entries.push(entryOf(node))
    }
    return { cid: found, entries, next_cursor: null }
  }

  /** By the VFS, so that it is journaled and can be undone. */
  async #link(root: string, to: string, context: ToolContext): Promise<string | null> {
    const { change } = await this.#vfs.copy(vfsPath(`/ipfs/${root}`), inTree(to), { ...callOf(context), recursive: true })
    return change
  }

  async #reachable(kept: boolean): Promise<string> {
    const { network } = await this.#node.version()
    if (network !== 'node') return 'this machine only; a person can publish it by setting ipfs.network to node'
    return kept ? 'this machine, and every peer while this node runs' : 'this machine only; pin it to let peers have it'
  }
}

const entryOf = ({ name, cid: of, size, kind: what }: z.output<typeof entry>): z.output<typeof entry> => ({ name, cid: of, size, kind: what })
