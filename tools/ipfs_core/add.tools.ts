import { z } from 'zod'
import type { Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { vfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { formatSize } from '../../src/text/encoding.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { contentFields } from '../content.ts'
import { leftOut, leftOutOf } from '../failures.ts'
import { entry, entryOf, pinName } from '../ipfs-schemas.ts'
import { inTree } from '../mfs-path.ts'
import { callOf } from '../vfs/schemas.ts'
import { addContent } from './adding.ts'
import { addCar, firstOf, pinAll } from './car.ts'

const AddInput = z.strictObject({
  ...contentFields,
  from: contentFields.from.describe('File or folder to add'),
  format: z.enum(['unixfs', 'car']).default('unixfs').describe('car: take in the blocks of a CAR'),
  name: pinName.optional().describe('Of the pin, and in the wrapping folder'),
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
  skipped: z.int().describe('Symbolic links that lead out of the folder'),
  ...leftOut,
  roots: z.array(z.string()).optional().describe('Of a CAR, the first of them'),
  roots_more: z.int().optional(),
  change: z.string().nullable().describe('Of to_mfs; pass it to vfs_undo'),
})

/** How content comes into IPFS. */
export class AddTools {
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
    const { root, roots, entries, total, skipped, leftOut: left } = await (input.format === 'car' ? addCar : addContent)(this.#node, this.#vfs, input, options)
    const pinned = input.pin && !onlyHash
    if (pinned) await pinAll(this.#node.pins, roots ?? [root.cid], { name, whole: !roots, signal: context.signal }) // a CAR may leave out what its roots link to
    const change = to_mfs === undefined ? null : await this.#link(root.cid, to_mfs, context)
    const reachable = onlyHash ? 'nobody: nothing was stored' : await this.#reachable(pinned || to_mfs !== undefined, context)
    return {
      cid: root.cid,
      size: root.size,
      profile,
      reachable,
      entries: entries.map(entryOf),
      total: Math.max(total, 0),
      skipped,
      ...leftOutOf(left),
      ...(roots && firstOf(roots)),
      change,
    }
  }

  /** By the VFS, so that it is journaled and can be undone. */
  async #link(root: string, to: string, context: ToolContext): Promise<string | null> {
    const { change } = await this.#vfs.copy(vfsPath(`/ipfs/${root}`), inTree(to), { ...callOf(context), recursive: true })
    return change
  }

  async #reachable(kept: boolean, { signal }: ToolContext): Promise<string> {
    if (!(await this.#serves({ signal }))) return 'this machine only; a person can publish it by setting ipfs.network to node'
    if (kept) return 'this machine, and every peer while this node runs'
    return this.#node.engine === 'kubo'
      ? 'this machine, and peers that ask for this CID; pin it to keep it and to tell them'
      : 'this machine only; pin it to let peers have it'
  }

  /** A daemon of a person's goes as far as its own settings say, also where we keep off the network. */
  async #serves(call: Call): Promise<boolean> {
    return this.#node.engine === 'kubo' ? (await this.#node.identity(call)).addresses.length > 0 : (await this.#node.version(call)).network === 'node'
  }
}
