import { z } from 'zod'
import { VfsError } from '../../src/core/error.ts'
import { below, type VfsPath } from '../../src/core/path.ts'
import { requireKey } from '../../src/ipfs/naming.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Sync } from '../../src/sync/types.ts'
import { leftOut, leftOutOf } from '../failures.ts'
import { callOf, path } from './schemas.ts'

const SHOWN = 20 // paths of each kind of change

const PUBLISHED = { lifetimeMs: 48 * 3_600_000, ttlMs: 300_000 } // as Kubo does

const globs = z.array(z.string()).max(100).optional()
const ToInput = z.strictObject({
  path,
  pin: z.boolean().default(true),
  publish_name: z.string().min(1).max(255).optional().describe('Key to publish it under by IPNS'),
  include: globs.describe('Globs'),
  exclude: globs,
  preserve: z.boolean().default(false).describe('Keep modes and times; the CID differs'),
})
const ToOutput = z.strictObject({
  path: z.string(),
  cid: z.string(),
  size: z.int(),
  added: z.int().describe('Files read'),
  reused: z.int().describe('Files not read'),
  bytes: z.int().describe('Read'),
  links_left_out: z.int(),
  ...leftOut,
  name: z.string().nullable().describe('/ipns/… that now leads to it'),
})

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
  ...leftOut,
})

export class SyncTools {
  readonly #node: IpfsNode
  readonly #sync: Sync

  constructor({ ipfs, sync }: Pick<Services, 'ipfs' | 'sync'>) {
    this.#node = ipfs
    this.#sync = sync
  }

  @tool({
    name: 'vfs_sync_to_ipfs',
    title: 'Sync a folder to IPFS',
    description: 'Add a folder to IPFS and tell its CID; after the first time only what has changed is read.',
    effect: 'write',
    idempotent: true,
    needs: ['ipfs'],
    input: ToInput,
    output: ToOutput,
  })
  async toIpfs(input: z.output<typeof ToInput>, context: ToolContext): Promise<z.input<typeof ToOutput>> {
    const { path: at, pin, publish_name: key, include, exclude, preserve } = input
    if (key !== undefined) await requireKey(this.#node.names, key, { signal: context.signal }) // before anything is read
    const options = { ...callOf(context), include, exclude, preserve, onProgress: progressOf(context) }
    const { linksLeftOut, leftOut: left, ...synced } = await this.#sync.toIpfs(at, options)
    if (pin) await this.#node.pins.add(synced.cid, { whole: true, signal: context.signal })
    const name = key === undefined ? null : await this.#publish(synced.cid, key, context)
    return { path: at, ...synced, links_left_out: linksLeftOut, ...leftOutOf(left), name }
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
    const {
      created,
      updated,
      deleted,
      linksLeftOut,
      leftOut: left,
      ...done
    } = await this.#sync.fromIpfs(input.cid, at, {
      ...callOf(context),
      delete: deletes,
      maxDelete,
      dryRun,
      onProgress: progressOf(context),
    })
    const firsts = { created: firstOf(created, at), updated: firstOf(updated, at), deleted: firstOf(deleted, at) }
    return { path: at, ...done, ...firsts, links_left_out: linksLeftOut, ...leftOutOf(left) }
  }

  /** A node that is off the network signs the name and tells nobody. What fails does so with the CID, which is there. */
  async #publish(cid: string, key: string, { signal }: ToolContext): Promise<string> {
    try {
      const { network } = await this.#node.version({ signal })
      const { name } = await this.#node.names.publish(`/ipfs/${cid}`, { ...PUBLISHED, key, offline: network === 'off', signal })
      return `/ipns/${name}`
    } catch (cause) {
      throw unpublished(cid, key, cause)
    }
  }
}

function unpublished(cid: string, key: string, cause: unknown): unknown {
  if (!(cause instanceof VfsError)) return cause
  const { code, message, retryable, details } = cause
  const hint = `The content is in IPFS. Publish it with ipfs_name_publish, cid ${cid} and key ${key}; or repeat the call, which reads nothing again.`
  return new VfsError(code, `synced as ${cid}, and not published: ${message}`, { cause, retryable, hint, details: { ...details, cid, key } })
}

const progressOf =
  ({ progress }: ToolContext) =>
  (bytes: number, files: number): void =>
    progress(files, undefined, `${files} files, ${bytes} bytes`)

const firstOf = (paths: readonly VfsPath[], top: VfsPath): z.input<typeof some> => ({
  count: paths.length,
  first: paths.slice(0, SHOWN).map((each) => below(top, each).slice(1) || '.'),
})
