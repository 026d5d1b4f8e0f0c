import type { Root } from '../../content/collect/types.ts'
import type { LocalContent } from '../../content/store.ts'
import { NodeState } from './state.ts'

/** What the embedded node of a data folder needs of the content store, also while another engine runs. */
export async function* embeddedRoots(folder: string, { blocks }: LocalContent): AsyncGenerator<Root> {
  await using state = await NodeState.open(folder, blocks)
  yield* state.roots()
}
