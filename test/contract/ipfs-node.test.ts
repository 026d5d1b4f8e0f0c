import { describe } from 'vitest'
import { openNode, temporaryFolder } from '../support/content.ts'
import { about } from './node/about.ts'
import { adding } from './node/adding.ts'
import { blocks } from './node/blocks.ts'
import { keeping } from './node/keeping.ts'
import type { MakeNode } from './node/make.ts'
import { mutableTree } from './node/mfs.ts'
import { pins } from './node/pins.ts'
import { names } from './node/names.ts'
import { reading } from './node/reading.ts'

/** What every engine promises. */
const ENGINES: Readonly<Record<string, MakeNode>> = {
  embedded: async () => {
    const ground = new AsyncDisposableStack()
    const folder = ground.use(await temporaryFolder())
    const { node } = ground.use(await openNode(folder.path))
    return { node, [Symbol.asyncDispose]: () => ground.disposeAsync() }
  },
}

describe.each(Object.entries(ENGINES))('%s keeps the contract of IPFS nodes', (_, make) => {
  adding(make)
  reading(make)
  mutableTree(make)
  keeping(make)
  names(make)
  blocks(make)
  pins(make)
  about(make)
})
