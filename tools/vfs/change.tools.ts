import { z } from 'zod'
import type { VfsPath } from '../../src/core/path.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Changed, TransferCall, Vfs } from '../../src/vfs/types.ts'
import { leftOut, leftOutOf } from '../failures.ts'
import { tellProgress } from './progress.ts'
import { callOf, changed, changedAt, ifMatch, path, recursive } from './schemas.ts'

type ChangeResult = z.input<typeof changed>

const MkdirInput = z.strictObject({ path, parents: z.boolean().default(true) })
const RmdirInput = z.strictObject({ path, recursive })
const RemoveInput = z.strictObject({ path, recursive, if_match: ifMatch })
const globs = z.array(z.string()).max(100).optional()
const TransferInput = z.strictObject({
  from: path,
  to: path.describe('The new path itself, not the folder to put it in'),
  recursive: z.boolean().default(true),
  overwrite: z.boolean().default(false).describe('Files are replaced, folders merged'),
  include: globs.describe('Globs, below a folder'),
  exclude: globs,
  if_match: ifMatch,
})

const transferred = changed.extend(leftOut)
type TransferResult = z.input<typeof transferred>

export class ChangeTools {
  readonly #vfs: Vfs

  constructor({ vfs }: Pick<Services, 'vfs'>) {
    this.#vfs = vfs
  }

  @tool({
    name: 'vfs_mkdir',
    title: 'Make a folder',
    description: 'Make a folder, with those above it; one that is there already is fine.',
    effect: 'write',
    core: true,
    idempotent: true,
    input: MkdirInput,
    output: changed,
  })
  async mkdir({ path: at, parents }: z.output<typeof MkdirInput>, context: ToolContext): Promise<ChangeResult> {
    return changedAt(at, await this.#vfs.mkdir(at, { ...callOf(context), parents }))
  }

  @tool({
    name: 'vfs_rmdir',
    title: 'Remove a folder',
    description: 'Remove an empty folder, or with recursive all below it; it can be undone.',
    effect: 'write',
    input: RmdirInput,
    output: changed,
  })
  async rmdir({ path: at, recursive: deep }: z.output<typeof RmdirInput>, context: ToolContext): Promise<ChangeResult> {
    return changedAt(at, await this.#vfs.remove(at, { ...callOf(context), recursive: deep, folder: true }))
  }

  @tool({
    name: 'vfs_remove',
    title: 'Remove a file or folder',
    description: 'Remove a file, or with recursive a folder and all below it; it is kept and can be undone.',
    effect: 'write',
    core: true,
    input: RemoveInput,
    output: changed,
  })
  async remove({ path: at, recursive: deep, if_match }: z.output<typeof RemoveInput>, context: ToolContext): Promise<ChangeResult> {
    return changedAt(at, await this.#vfs.remove(at, { ...callOf(context), recursive: deep, ifMatch: if_match }))
  }

  @tool({
    name: 'vfs_copy',
    title: 'Copy a file or folder',
    description: 'Copy a file or folder, also between storages and from /ipfs/<cid>/…; content never passes through the model.',
    effect: 'write',
    core: true,
    alwaysLoad: true,
    input: TransferInput,
    output: transferred,
  })
  async copy(input: z.output<typeof TransferInput>, context: ToolContext): Promise<TransferResult> {
    return transferredTo(input.to, await this.#vfs.copy(input.from, input.to, transferCall(input, context)))
  }

  @tool({
    name: 'vfs_move',
    title: 'Move or rename',
    description: 'Move or rename a file or folder, also between storages.',
    effect: 'write',
    core: true,
    input: TransferInput,
    output: transferred,
  })
  async move(input: z.output<typeof TransferInput>, context: ToolContext): Promise<TransferResult> {
    return transferredTo(input.to, await this.#vfs.move(input.from, input.to, transferCall(input, context)))
  }
}

const transferredTo = (at: VfsPath, done: Changed): TransferResult => ({ ...changedAt(at, done), ...leftOutOf(done.leftOut) })

const transferCall = (input: z.output<typeof TransferInput>, context: ToolContext): TransferCall => ({
  ...callOf(context),
  recursive: input.recursive,
  overwrite: input.overwrite,
  include: input.include,
  exclude: input.exclude,
  ifMatch: input.if_match,
  onProgress: tellProgress(context),
})
