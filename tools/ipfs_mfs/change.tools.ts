import { z } from 'zod'
import { isCode, VfsError } from '../../src/core/error.ts'
import { join, name, vfsPath, type VfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { inTree, mfsPath } from '../mfs-path.ts'
import { callOf, changed, changedAt, recursive } from '../vfs/schemas.ts'

type ChangeResult = z.input<typeof changed>

const CopyInput = z.strictObject({
  from: z.string().describe('MFS path, or /ipfs/<cid>/…'),
  to: z.string().describe('MFS path; with / at its end, a folder to put it in'),
})
const MoveInput = z.strictObject({ from: mfsPath, to: mfsPath })
const RemoveInput = z.strictObject({ path: mfsPath, recursive, force: z.boolean().default(false).describe('Recursive, and fine if nothing is there') })

/** Copies, moves and removes in the mutable tree, by the VFS: so each is journaled and can be undone. */
export class MfsChangeTools {
  readonly #node: IpfsNode
  readonly #vfs: Vfs

  constructor({ ipfs, vfs }: Pick<Services, 'ipfs' | 'vfs'>) {
    this.#node = ipfs
    this.#vfs = vfs
  }

  @tool({
    name: 'ipfs_files_cp',
    title: 'Copy into MFS',
    description: 'Copy a file or folder to where nothing stands in MFS, by its CID: no content is read.',
    effect: 'write',
    openWorld: true,
    needs: ['ipfs'],
    input: CopyInput,
    output: changed,
  })
  async cp({ from, to }: z.output<typeof CopyInput>, context: ToolContext): Promise<ChangeResult> {
    const source = await this.#source(from, context)
    const target = to.endsWith('/') ? join(inTree(to), name(inTree(from))) : inTree(to)
    return changedAt(target, await this.#vfs.copy(source, target, { ...callOf(context), recursive: true }))
  }

  @tool({
    name: 'ipfs_files_mv',
    title: 'Move in MFS',
    description: 'Move or rename a file or folder of MFS.',
    effect: 'write',
    needs: ['ipfs'],
    input: MoveInput,
    output: changed,
  })
  async mv({ from, to }: z.output<typeof MoveInput>, context: ToolContext): Promise<ChangeResult> {
    return changedAt(to, await this.#vfs.move(from, to, { ...callOf(context), recursive: true }))
  }

  @tool({
    name: 'ipfs_files_rm',
    title: 'Remove from MFS',
    description: 'Remove a file or folder of MFS; it is kept and can be undone.',
    effect: 'write',
    needs: ['ipfs'],
    input: RemoveInput,
    output: changed,
  })
  async rm({ path, recursive: deep, force }: z.output<typeof RemoveInput>, context: ToolContext): Promise<ChangeResult> {
    try {
      return changedAt(path, await this.#vfs.remove(path, { ...callOf(context), recursive: deep || force }))
    } catch (error) {
      if (!force || !isCode(error, 'NOT_FOUND')) throw error
      return { path, change: null, bytes: 0, cas: this.#node.mfs.cas }
    }
  }

  async #source(from: string, { signal }: ToolContext): Promise<VfsPath> {
    if (/^\/?mfs\/|^\/(?!ip[fn]s\/)/.test(from)) return inTree(from)
    if (!from.startsWith('/ip')) throw new VfsError('INVALID_PATH', `${JSON.stringify(from.slice(0, 200))} is neither an MFS path nor /ipfs/<cid>/…`)
    return vfsPath(from.startsWith('/ipns/') ? `/ipfs/${await this.#node.resolve(from, { signal })}` : from)
  }
}
