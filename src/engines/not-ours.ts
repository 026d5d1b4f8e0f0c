import { VfsError } from '../core/error.ts'

/** Others may be about to name what is in a repository of the user's: only he knows when it can be collected. */
export async function notOurs(): Promise<never> {
  throw new VfsError('UNSUPPORTED', 'the repository of this daemon is not ours: nothing in it was collected', {
    op: 'collect',
    hint: 'Its owner runs `ipfs repo gc`, best while no agent writes: it leaves pins, the mutable tree and what is kept for undo.',
  })
}
