import { z } from 'zod'
import { VfsError } from '../../src/core/error.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Storages } from '../../src/storages/types.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { tellProgress } from '../vfs/progress.ts'
import { callOf } from '../vfs/schemas.ts'
import { failures, failureOf } from '../failures.ts'
import { backend, pathOf } from './keys.ts'

const CopyInput = z.strictObject({
  from_backend: backend,
  to_backend: z.string(),
  key: z.string().min(1).optional().describe('File'),
  prefix: z.string().min(1).optional().describe('Folder; with neither: everything'),
  verify: z.boolean().default(true),
  dry_run: z.boolean().default(false),
  concurrency: z.int().min(1).max(64).optional(),
})
const CopyOutput = z.strictObject({
  copied: z.int(),
  skipped: z.int().describe('Of the same content already'),
  bytes: z.int(),
  failed: failures,
  failed_more: z.int(),
  links_left_out: z.int(),
  planned: z.array(z.string()).optional(),
  change: z.string().nullable().describe('Pass it to vfs_undo'),
})

export class BetweenTools {
  readonly #storages: Storages
  readonly #vfs: Vfs

  constructor({ backends, vfs }: Pick<Services, 'backends' | 'vfs'>) {
    this.#storages = backends
    this.#vfs = vfs
  }

  @tool({
    name: 'mbfs_copy_between_backends',
    title: 'Copy between storages',
    description: 'Copy a file or folder to the same key of another storage; a repeated call sends what is missing.',
    effect: 'write',
    input: CopyInput,
    output: CopyOutput,
  })
  async copy(input: z.output<typeof CopyInput>, context: ToolContext): Promise<z.input<typeof CopyOutput>> {
    const { key, prefix } = input
    if (key !== undefined && prefix !== undefined) throw new VfsError('INVALID_ARGUMENT', 'give one of key and prefix')
    const place = key ?? prefix ?? ''
    const from = await pathOf(this.#storages, this.#vfs, input.from_backend, place)
    const to = await pathOf(this.#storages, this.#vfs, input.to_backend, place)
    const { verify, dry_run: dryRun, concurrency } = input
    const done = await this.#vfs.copyInto(from, to, { ...callOf(context), verify, dryRun, concurrency, onProgress: tellProgress(context) })
    const { copied, skipped, bytes, failed, failedMore, linksLeftOut, planned, change } = done
    return {
      copied,
      skipped,
      bytes,
      failed: failed.map(failureOf),
      failed_more: failedMore,
      links_left_out: linksLeftOut,
      ...(planned && { planned: [...planned] }),
      change,
    }
  }
}
