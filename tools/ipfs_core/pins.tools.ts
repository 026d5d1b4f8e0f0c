import { z } from 'zod'
import type { Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { cid, limit, nextCursor, pinName } from '../ipfs-schemas.ts'
import { cursor } from '../vfs/schemas.ts'
import { pageOf } from './page.ts'

const AddInput = z.strictObject({
  cid,
  recursive: z.boolean().default(true).describe('With all below it'),
  name: pinName.optional(),
})
const AddOutput = z.strictObject({ pinned: z.array(z.string()) })

const RemoveInput = z.strictObject({ cid, recursive: z.boolean().default(true).describe('false: only a direct pin') })
const RemoveOutput = z.strictObject({ unpinned: z.array(z.string()) })

const ListInput = z.strictObject({
  cid: cid.optional(),
  type: z.enum(['all', 'direct', 'recursive', 'indirect']).default('all'),
  cursor,
  limit,
})
const ListOutput = z.strictObject({
  pins: z.array(z.strictObject({ cid: z.string(), type: z.enum(['direct', 'recursive', 'indirect']), name: z.string().nullable() })),
  made: z.strictObject({ recursive: z.int(), direct: z.int() }).describe('How many there are in all'),
  next_cursor: nextCursor,
})

const UpdateInput = z.strictObject({ old_cid: cid, new_cid: cid, unpin: z.boolean().default(true).describe('Take the old pin away; its name goes along') })
const UpdateOutput = z.strictObject({ old_cid: z.string(), new_cid: z.string() })

/** Pins keep what they reach from being collected. */
export class PinTools {
  readonly #node: IpfsNode

  constructor({ ipfs }: Pick<Services, 'ipfs'>) {
    this.#node = ipfs
  }

  @tool({
    name: 'ipfs_pin_add',
    title: 'Pin',
    description: 'Pin a CID, with all below it: it is brought to this machine and kept.',
    effect: 'write',
    idempotent: true,
    openWorld: true,
    needs: ['ipfs'],
    input: AddInput,
    output: AddOutput,
  })
  async add({ cid: path, recursive, name }: z.output<typeof AddInput>, { signal, progress }: ToolContext): Promise<z.input<typeof AddOutput>> {
    const found = await this.#resolve(path, { signal })
    await this.#node.pins.add(found, { recursive, name, signal, onProgress: blocksTold(progress) })
    return { pinned: [found] }
  }

  @tool({
    name: 'ipfs_pin_rm',
    title: 'Unpin',
    description: 'Remove a pin; the content stays until it is collected.',
    effect: 'destructive',
    openWorld: true,
    needs: ['ipfs'],
    input: RemoveInput,
    output: RemoveOutput,
  })
  async remove({ cid: path, recursive }: z.output<typeof RemoveInput>, { signal }: ToolContext): Promise<z.input<typeof RemoveOutput>> {
    const found = await this.#resolve(path, { signal })
    if (!recursive && (await this.#isRecursive(found, { signal })))
      throw new VfsError('NOT_PINNED', `${found} is pinned with all below it, not directly`, { hint: 'Pass recursive=true to remove that pin.' })
    await this.#node.pins.remove(found, { signal })
    return { unpinned: [found] }
  }

  @tool({
    name: 'ipfs_pin_ls',
    title: 'List pins',
    description: 'List pins, or tell how one CID is pinned; indirect ones lie below a recursive pin.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: ListInput,
    output: ListOutput,
  })
  async list({ cid: path, type, cursor: from, limit: most }: z.output<typeof ListInput>, { signal }: ToolContext): Promise<z.input<typeof ListOutput>> {
    const only = path === undefined ? undefined : await this.#resolve(path, { signal })
    const query = [only ?? null, type]
    const after = from === undefined ? undefined : String(placeOf(from, query))
    const { page: pins, more } = await pageOf(this.#node.pins.list({ type, cid: only, after, signal }), most)
    if (only !== undefined && after === undefined && pins.length === 0)
      throw new VfsError('NOT_PINNED', `${only} is not pinned${type === 'all' ? '' : ` in the way of ${type}`}`)
    return { pins: [...pins], made: await this.#count({ signal }), next_cursor: more ? cursorOf(query, pins.at(-1)?.cid ?? '') : null }
  }

  @tool({
    name: 'ipfs_pin_update',
    title: 'Move a pin',
    description: 'Pin a new version of a pinned CID and unpin the old one, in one step.',
    effect: 'destructive',
    openWorld: true,
    needs: ['ipfs'],
    input: UpdateInput,
    output: UpdateOutput,
  })
  async update({ old_cid, new_cid, unpin }: z.output<typeof UpdateInput>, { signal, progress }: ToolContext): Promise<z.input<typeof UpdateOutput>> {
    const from = await this.#resolve(old_cid, { signal })
    const to = await this.#resolve(new_cid, { signal })
    await this.#node.pins.update(from, to, { unpin, signal, onProgress: blocksTold(progress) })
    return { old_cid: from, new_cid: to }
  }

  async #resolve(path: string, call: Call): Promise<string> {
    const { blockAt } = await import('../../src/ipfs/dag/index.ts')
    return (await blockAt(this.#node, path, call)).toString()
  }

  async #isRecursive(found: string, call: Call): Promise<boolean> {
    return (await pageOf(this.#node.pins.list({ ...call, cid: found, type: 'recursive' }), 1)).page.length > 0
  }

  async #count(call: Call): Promise<{ recursive: number; direct: number }> {
    const made = { recursive: 0, direct: 0 }
    for await (const { type } of this.#node.pins.list(call)) if (type !== 'indirect') made[type]++
    return made
  }
}

const blocksTold =
  (progress: ToolContext['progress']) =>
  (blocks: number): void =>
    progress(blocks, undefined, `${blocks} blocks`)
