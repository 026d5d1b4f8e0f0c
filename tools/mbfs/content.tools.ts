import { z } from 'zod'
import { collect } from '../../src/core/bytes.ts'
import { rawCid } from '../../src/core/cid.ts'
import { VfsError } from '../../src/core/error.ts'
import { under, type VfsPath, vfsPath } from '../../src/core/path.ts'
import { told } from '../../src/core/times.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Storages } from '../../src/storages/types.ts'
import type { Copy, Vfs } from '../../src/vfs/types.ts'
import { vfsPathInput } from '../../src/registry/path-input.ts'
import { contentFields, contentOf } from '../content.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { late } from '../late.ts'
import { tellProgress } from '../vfs/progress.ts'
import { callOf, changed, changedAt, cursor, ifMatch } from '../vfs/schemas.ts'
import { failures, failureOf } from '../failures.ts'
import { backend, key, keyOf, pathOf } from './keys.ts'
import { Replicas, replicas, served } from './replicas.ts'

const MOST = 64 << 10 // bytes of content in one answer

const NAME = /^(?!polymount-)[a-z0-9][a-z0-9_-]{0,63}$/
const VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/

/** As headers of HTTP carry them; 2 KiB is what S3 takes of them, with the id of the change. The rules are told to who breaks them: in the schema every session would pay for them. */
const metadata = z
  .record(z.string(), z.string())
  .refine((given) => Object.keys(given).every((name) => NAME.test(name)), 'names take a-z, 0-9, - and _ (64 at most), and none begins with polymount-')
  .refine((given) => Object.values(given).every((value) => VALUE.test(value)), 'values must be printable ASCII')
  .refine((given) => JSON.stringify(given).length <= 2000, 'must take 2,000 characters at most')
  .optional()
  .describe('Notes beside it, where the storage has them')

const StoreInput = z.strictObject({ backend, key, ...contentFields, if_match: ifMatch, metadata, replicas })
const StoreOutput = changed.extend({ held_by: z.array(z.string()).optional(), failed: failures.optional() })
const RetrieveInput = z.strictObject({
  backend,
  key,
  to: vfsPathInput('Copy it here').optional(),
  offset: z.int().min(0).default(0),
  length: z.int().min(1).max(MOST).optional(),
})
const RetrieveOutput = z.strictObject({
  path: z.string(),
  size: z.int(),
  etag: z.string(),
  content: z.string().optional(),
  content_base64: z.string().optional().describe('Where it is no UTF-8'),
  metadata: z.record(z.string(), z.string()).optional(),
  next_offset: z.int().nullable(),
  change: z.string().nullable().describe('Pass it to vfs_undo'),
  ...served.shape,
})
const DeleteInput = z.strictObject({ backend, key, if_match: ifMatch })
const ListInput = z.strictObject({ backend, prefix: z.string().default('').describe('Folder'), cursor, limit: z.int().min(1).max(1000).default(200) })
const ListOutput = z.strictObject({
  entries: z.array(z.strictObject({ key: z.string(), size: z.int().optional(), modified: z.iso.datetime().optional(), etag: z.string().optional() })),
  next_cursor: z.string().nullable(),
})

type Retrieved = z.input<typeof RetrieveOutput>

/** Content by the keys of a storage. A key is a path of the VFS by another name, so that no rule and no promise is another. */
export class ContentTools {
  readonly #storages: Storages
  readonly #vfs: Vfs
  readonly #replicas: Replicas

  constructor({ backends, vfs }: Pick<Services, 'backends' | 'vfs'>) {
    this.#storages = backends
    this.#vfs = vfs
    this.#replicas = new Replicas(backends, vfs)
  }

  @tool({
    name: 'mbfs_store',
    title: 'Store content',
    description: 'Write content under a key of a storage and its replicas; what it replaces is kept.',
    effect: 'write',
    input: StoreInput,
    output: StoreOutput,
  })
  async store(input: z.output<typeof StoreInput>, context: ToolContext): Promise<z.input<typeof StoreOutput>> {
    const at = await this.#path(input.backend, input.key)
    const content = await contentOf(input, this.#vfs, callOf(context))
    const call = { ...callOf(context), ifMatch: input.if_match, metadata: input.metadata, parents: true }
    if (input.replicas.length === 0) return changedAt(at, await this.#vfs.write(at, content, call))
    const stored = await this.#replicas.store(at, input.replicas, input.key, content, call)
    return { ...changedAt(at, stored), held_by: [...stored.heldBy], failed: stored.failed.map(failureOf) }
  }

  @tool({
    name: 'mbfs_retrieve',
    title: 'Retrieve content',
    description: 'Read a key, or copy it to a path; a replica stands in for what is lost, and repairs it.',
    effect: 'write',
    input: RetrieveInput,
    output: RetrieveOutput,
  })
  async retrieve(input: z.output<typeof RetrieveInput>, context: ToolContext): Promise<Retrieved> {
    const { backend: name, key: given, to } = input
    return this.#replicas.read(name, given, callOf(context), (path, copy) =>
      to === undefined ? this.#read(path, copy, input, context) : this.#copyOut(path, copy, to, context),
    )
  }

  @tool({
    name: 'mbfs_delete',
    title: 'Delete content',
    description: 'Remove the file of a key and its replicas; it is kept and can be undone.',
    effect: 'write',
    input: DeleteInput,
    output: changed,
  })
  async delete({ backend: name, key: given, if_match }: z.output<typeof DeleteInput>, context: ToolContext): Promise<z.input<typeof changed>> {
    const at = await this.#path(name, given)
    return changedAt(at, await this.#replicas.remove(at, { ...callOf(context), ifMatch: if_match }))
  }

  @tool({
    name: 'mbfs_list_content',
    title: 'List content',
    description: 'List the keys of a storage, in the order of their names.',
    effect: 'read',
    input: ListInput,
    output: ListOutput,
  })
  async list(input: z.output<typeof ListInput>, context: ToolContext): Promise<z.input<typeof ListOutput>> {
    const { backend: name, prefix, limit } = input
    const [root, folder] = await Promise.all([this.#path(name, ''), this.#path(name, prefix)])
    const query = ['mbfs_list_content', name, prefix]
    const after = input.cursor === undefined ? undefined : under(root, vfsPath(`/${placeOf(input.cursor, query)}`))
    const entries: z.input<typeof ListOutput>['entries'] = []
    const isLate = late()
    for await (const { path, kind, size, modified, etag } of this.#vfs.walk(folder, { ...callOf(context), details: true, ignored: true, after })) {
      if (kind === 'file' && entries.length === limit) return { entries, next_cursor: cursorOf(query, entries.at(-1)?.key ?? '') }
      if (kind === 'file') entries.push({ key: keyOf(root, path), size, modified: told(modified), etag })
      if (isLate.aborted) return { entries, next_cursor: cursorOf(query, keyOf(root, path)) }
    }
    return { entries, next_cursor: null }
  }

  #path(name: string, given: string): Promise<VfsPath> {
    return pathOf(this.#storages, this.#vfs, name, given)
  }

  async #copyOut(at: VfsPath, copy: Copy | undefined, to: VfsPath, context: ToolContext): Promise<Retrieved> {
    const call = callOf(context)
    const { stat, change } = await this.#vfs.copy(at, to, { ...call, ifMatch: copy?.etag, onProgress: tellProgress(context) })
    try {
      if (copy && stat?.cid !== undefined) await this.#vfs.copies.check(copy, stat.cid, call)
    } catch (error) {
      if (change !== null) await this.#vfs.undo({ change }, call)
      throw error
    }
    return { path: to, size: stat?.size ?? 0, etag: stat?.etag ?? '', next_offset: null, change }
  }

  async #read(at: VfsPath, copy: Copy | undefined, { offset, length = MOST }: z.output<typeof RetrieveInput>, context: ToolContext): Promise<Retrieved> {
    const file = await this.#vfs.open(at, callOf(context))
    const { stat } = file
    if (copy && !(await this.#vfs.copies.holds(copy, callOf(context))))
      throw new VfsError('CONFLICT', `${at} is not what was stored there`, { op: 'read', path: at })
    const bytes = await collect(file.read({ offset, length }), MOST)
    const end = offset + bytes.length
    if (copy && bytes.length === stat.size) await this.#vfs.copies.check(copy, rawCid(bytes), callOf(context))
    const next_offset = end < stat.size ? end : null
    return { path: at, size: stat.size, etag: stat.etag, ...shownContent(bytes), ...(stat.metadata && { metadata: stat.metadata }), next_offset, change: null }
  }
}

function shownContent(bytes: Uint8Array): { content: string } | { content_base64: string } {
  try {
    return { content: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { content_base64: Buffer.from(bytes).toString('base64') }
  }
}
