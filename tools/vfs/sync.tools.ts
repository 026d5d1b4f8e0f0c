import { z } from 'zod'
import { below, vfsPath, type VfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { callOf, path } from './schemas.ts'

const SHOWN = 20 // paths of each kind of change

const FromInput = z.strictObject({
  cid: z.string().min(1).max(4096).describe('CID, or /ipfs/<cid>/path'),
  path,
  delete: z.boolean().default(false).describe('Remove what the CID does not have'),
  max_delete: z.int().min(0).default(100),
  dry_run: z.boolean().default(false),
})
const some = z.strictObject({ count: z.int(), first: z.array(z.string()) })
const FromOutput = z.strictObject({
  path: z.string(),
  cid: z.string(),
  change: z.string().nullable().describe('Pass it to vfs_undo; null if nothing was done'),
  created: some,
  updated: some,
  deleted: some,
  unchanged: z.int(),
  bytes: z.int(),
  links_left_out: z.int(),
})

export class SyncTools {
  readonly #vfs: Vfs
  readonly #node: IpfsNode

  constructor({ vfs, ipfs }: Pick<Services, 'vfs' | 'ipfs'>) {
    this.#vfs = vfs
    this.#node = ipfs
  }

  @tool({
    name: 'vfs_sync_from_ipfs',
    title: 'Sync a folder from IPFS',
    description: 'Make a folder like the one of a CID, writing only files whose content differs; one vfs_undo takes all of it back.',
    effect: 'write',
    idempotent: true,
    needs: ['ipfs'],
    input: FromInput,
    output: FromOutput,
  })
  async fromIpfs(input: z.output<typeof FromInput>, context: ToolContext): Promise<z.input<typeof FromOutput>> {
    const { path: at, delete: deletes, max_delete: maxDelete, dry_run: dryRun } = input
    const cid = await this.#node.resolve(input.cid, { signal: context.signal })
    const onProgress = (bytes: number, files: number): void => context.progress(bytes, undefined, `${files} files, ${bytes} bytes`)
    const { created, updated, deleted, linksLeftOut, ...done } = await this.#vfs.mirror(vfsPath(`/ipfs/${cid}`), at, {
      ...callOf(context),
      delete: deletes,
      maxDelete,
      dryRun,
      onProgress,
    })
    return { path: at, cid, ...done, created: firstOf(created, at), updated: firstOf(updated, at), deleted: firstOf(deleted, at), links_left_out: linksLeftOut }
  }
}

const firstOf = (paths: readonly VfsPath[], top: VfsPath): z.input<typeof some> => ({
  count: paths.length,
  first: paths.slice(0, SHOWN).map((each) => below(top, each).slice(1) || '.'),
})
