import { describe } from 'vitest'
import { openNode, temporaryFolder } from '../support/content.ts'
import { blocks } from './node/blocks.ts'
import type { MakeNode } from './node/make.ts'
import { pins } from './node/pins.ts'

const embedded: MakeNode = async () => {
  const ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  const { node } = ground.use(await openNode(folder.path))
  return { node, [Symbol.asyncDispose]: () => ground.disposeAsync() }
}

describe('the embedded engine keeps the contract of blocks and pins', () => {
  blocks(embedded)
  pins(embedded)
})
