import { afterAll, beforeEach, describe } from 'vitest'
import { KuboDaemon, needsKubo } from '../support/kubo.ts'
import { embeddedAlone, kuboAlone } from '../support/nodes.ts'
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
function nodeContract(title: string, make: MakeNode, ...needs: readonly (typeof needsKubo)[]): void {
  describe(`${title} keeps the contract of IPFS nodes`, () => {
    for (const need of needs) beforeEach(need)
    adding(make)
    reading(make)
    mutableTree(make)
    keeping(make)
    names(make)
    blocks(make)
    pins(make)
    about(make)
  })
}

let daemon: Promise<KuboDaemon> | undefined
afterAll(async () => (await daemon)?.[Symbol.asyncDispose]())

nodeContract('embedded', embeddedAlone)
nodeContract('kubo', async () => kuboAlone(await (daemon ??= KuboDaemon.start({ flags: ['--offline'] }))), needsKubo)
