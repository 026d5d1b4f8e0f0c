import { z } from 'zod'
import { isCode, VfsError } from '../../src/core/error.ts'
import { parent, segments, type VfsPath } from '../../src/core/path.ts'
import type { Source } from '../../src/content/types.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Changed, PathStat, Vfs, VfsCall } from '../../src/vfs/types.ts'
import { contentFields, contentOf, streamOf } from '../content.ts'
import { mfsPath } from '../mfs-path.ts'
import { callOf, changed, changedAt, ifMatch } from '../vfs/schemas.ts'
import { cidVersion, formatOf, hash } from './formats.ts'

type ChangeResult = z.input<typeof changed>

const parents = z.boolean().default(false)
const MkdirInput = z.strictObject({ path: mfsPath, parents, cid_version: cidVersion.optional(), hash })
const ChcidInput = z.strictObject({ path: mfsPath, cid_version: cidVersion, hash })
const WriteInput = z.strictObject({
  path: mfsPath,
  ...contentFields,
  offset: z.int().min(0).optional().describe('Absent: the whole file is replaced'),
  truncate: z.boolean().optional().describe('Drop what stood there first'),
  create: z.boolean().default(true),
  parents,
  if_match: ifMatch,
})

/** Makes folders and writes files of the mutable tree, by the VFS: so each change is journaled and can be undone. */
export class MfsWriteTools {
  readonly #node: IpfsNode
  readonly #vfs: Vfs

  constructor({ ipfs, vfs }: Pick<Services, 'ipfs' | 'vfs'>) {
    this.#node = ipfs
    this.#vfs = vfs
  }

  @tool({
    name: 'ipfs_files_mkdir',
    title: 'Make an MFS folder',
    description: 'Make a folder in MFS; one that is there already is fine.',
    effect: 'write',
    idempotent: true,
    needs: ['ipfs'],
    input: MkdirInput,
    output: changed,
  })
  async mkdir(input: z.output<typeof MkdirInput>, context: ToolContext): Promise<ChangeResult> {
    const { path, parents: deep, cid_version, hash: named } = input
    const call = callOf(context)
    const plain = cid_version === undefined && named === undefined
    return changedAt(path, await (plain ? this.#vfs.mkdir(path, { ...call, parents: deep }) : this.#mkdirAs(input, call)))
  }

  @tool({
    name: 'ipfs_files_write',
    title: 'Write an MFS file',
    description: 'Write a file of MFS, whole or from an offset on, from one of content, content_base64 and from (a path).',
    effect: 'write',
    needs: ['ipfs'],
    input: WriteInput,
    output: changed,
  })
  async write(input: z.output<typeof WriteInput>, context: ToolContext): Promise<ChangeResult> {
    return changedAt(input.path, await this.#write(input, callOf(context)))
  }

  @tool({
    name: 'ipfs_files_chcid',
    title: 'Change a CID format',
    description: 'Change the CID version or hash of an MFS folder itself; what is in it keeps its own.',
    effect: 'write',
    idempotent: true,
    needs: ['ipfs'],
    input: ChcidInput,
    output: changed,
  })
  async chcid(input: z.output<typeof ChcidInput>, context: ToolContext): Promise<ChangeResult> {
    const { path } = input
    const call = callOf(context)
    if (segments(path).length === 1) throw new VfsError('INVALID_ARGUMENT', 'the root of MFS keeps its format', { path, hint: 'Name a folder in it.' })
    const { cid = '', kind, etag } = await this.#vfs.stat(path, call)
    if (kind !== 'directory') throw new VfsError('NOT_DIRECTORY', `${path} is a file`, { path, hint: 'Only folders can change their format.' })
    await using _ = await this.#node.guard()
    const reformatted = await this.#node.reformat(cid, formatOf(input), call)
    return changedAt(path, await this.#vfs.graft(path, reformatted, { ...call, ifMatch: etag }))
  }

  /** A folder of another format, and with it those above that are missing, in one change. */
  async #mkdirAs({ path, parents: deep, ...format }: z.output<typeof MkdirInput>, call: VfsCall): Promise<Changed> {
    const standing = await this.#standing(path, call)
    if (standing) return this.#vfs.mkdir(path, call)
    const top = deep ? await this.#topmostMissing(path, call) : path
    await using _ = await this.#node.guard()
    const below = segments(path).slice(segments(top).length).join('/')
    const nodes = await Array.fromAsync(this.#node.addTree(folder(below), { folders: formatOf(format), signal: call.signal }))
    const made = await this.#vfs.graft(top, nodes.at(-1)?.cid ?? '', { ...call, ifNoneMatch: '*' })
    return { ...made, stat: await this.#vfs.stat(path, call) }
  }

  async #topmostMissing(path: VfsPath, call: VfsCall): Promise<VfsPath> {
    return (await this.#standing(parent(path), call)) ? path : this.#topmostMissing(parent(path), call)
  }

  async #write(input: z.output<typeof WriteInput>, call: VfsCall): Promise<Changed> {
    const { path, offset = 0, truncate = input.offset === undefined, create, if_match, parents: deep } = input
    if (!create && !(await this.#standing(path, call)))
      throw new VfsError('NOT_FOUND', `${path} does not exist`, { path, hint: 'Pass create=true to make it.' })
    if (!truncate || offset > 0) return this.#writePart({ ...input, offset, truncate }, call)
    return this.#vfs.write(path, await contentOf(input, this.#vfs, call), { ...call, ifMatch: if_match, parents: deep })
  }

  async #writePart(input: z.output<typeof WriteInput> & { offset: number }, call: VfsCall): Promise<Changed> {
    const { path, offset, truncate, if_match, parents: deep } = input
    const standing = await this.#file(path, if_match, call)
    const content = streamOf(await contentOf(input, this.#vfs, call))
    await using _ = await this.#node.guard()
    const { cid } = await this.#node.overwrite(truncate ? null : (standing?.cid ?? null), content, { offset, signal: call.signal })
    // The part was put into what was read, so that alone may be replaced.
    const expected = standing ? { ifMatch: standing.etag } : ({ ifNoneMatch: '*' } as const)
    return await this.#vfs.graft(path, cid, { ...call, ...expected, parents: deep })
  }

  /** The file as it is now, if it may be changed; null where nothing stands. */
  async #file(path: VfsPath, if_match: string | undefined, call: VfsCall): Promise<PathStat | null> {
    try {
      return (await this.#vfs.open(path, { ...call, toChange: { ifMatch: if_match } })).stat
    } catch (error) {
      if (isCode(error, 'NOT_FOUND') && if_match === undefined) return null
      throw error
    }
  }

  async #standing(path: VfsPath, call: VfsCall): Promise<PathStat | null> {
    try {
      return await this.#vfs.stat(path, call)
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return null
      throw error
    }
  }
}

async function* folder(path: string): AsyncGenerator<Source> {
  yield { path }
}
