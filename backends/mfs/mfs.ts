import { TreeBackend } from '../../src/ipfs/tree/backend.ts'
import type { TreeNode } from '../../src/ipfs/tree/types.ts'

/** The node's own mutable tree. */
export class MfsBackend extends TreeBackend {
  constructor(node: TreeNode) {
    super('mfs', node)
  }
}
