import type { AddOptions } from '../../src/content/types.ts'
import type { Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import type { IpfsNode, PinOptions, Pins } from '../../src/ipfs/types.ts'
import type { Vfs, VfsCall } from '../../src/vfs/types.ts'
import { contentOf, streamOf } from '../content.ts'
import type { Added, AddInput } from './adding.ts'

/** Pinned by one call, and told by it. */
const MAX_ROOTS = 100

/** Takes a CAR in; its first root stands for it. */
export async function addCar(node: IpfsNode, vfs: Vfs, input: AddInput & { readonly pin: boolean }, options: VfsCall & AddOptions): Promise<Added> {
  if (options.onlyHash || input.wrap_with_directory) throw new VfsError('INVALID_ARGUMENT', 'only_hash and wrap_with_directory make no sense for a CAR')
  const { importCar } = await import('../../src/ipfs/dag/archives.ts')
  const { roots, blocks, bytes } = await importCar(node, streamOf(await contentOf(input, vfs, options)), {
    ...options,
    onRoots: input.pin ? requireFew : undefined,
  })
  return { root: { cid: roots[0] ?? '', size: bytes }, roots, entries: [], total: blocks, skipped: 0 }
}

function requireFew(roots: readonly string[]): void {
  if (roots.length <= MAX_ROOTS) return
  throw new VfsError('INVALID_ARGUMENT', `the CAR names ${roots.length} roots, and at most ${MAX_ROOTS} are pinned at once`, {
    hint: 'Pass pin=false, and pin those that you need with ipfs_pin_add.',
  })
}

export function firstOf(roots: readonly string[]): { roots: string[]; roots_more?: number } {
  const more = roots.length - MAX_ROOTS
  return { roots: roots.slice(0, MAX_ROOTS), ...(more > 0 && { roots_more: more }) }
}

/** All or, if one fails, none of those that were not pinned before. */
export async function pinAll(pins: Pins, cids: readonly string[], options: Pick<PinOptions, 'name' | 'whole' | 'signal'>): Promise<void> {
  const added: string[] = []
  try {
    for (const cid of cids) {
      const known = cids.length > 1 && (await isPinned(pins, cid, options)) // a single one leaves nothing to take back
      await pins.add(cid, options)
      if (!known) added.push(cid)
    }
  } catch (error) {
    for (const cid of added) await pins.remove(cid)
    throw error
  }
}

async function isPinned(pins: Pins, cid: string, { signal }: Call): Promise<boolean> {
  for await (const _ of pins.list({ cid, signal })) return true
  return false
}
