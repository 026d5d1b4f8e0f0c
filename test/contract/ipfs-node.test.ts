import { afterAll, beforeEach, describe } from 'vitest'
import { needsKubo } from '../support/kubo.ts'
import { embeddedAlone, kuboAlone, superviseKubo } from '../support/nodes.ts'
import { onKubo } from '../support/on-kubo.ts'
import { about } from './node/about.ts'
import { adding } from './node/adding.ts'
import { blocks } from './node/blocks.ts'
import { dag } from './node/dag.ts'
import { keeping } from './node/keeping.ts'
import type { MakeNode } from './node/make.ts'
import { mutableTree } from './node/mfs.ts'
import { pins } from './node/pins.ts'
import { naming } from './node/names.ts'
import { overwriting } from './node/overwriting.ts'
import { reading } from './node/reading.ts'

/** What every engine promises. */
function nodeContract(title: string, make: MakeNode): void {
  describe(`${title} keeps the contract of IPFS nodes`, () => {
    adding(make)
    overwriting(make)
    reading(make)
    mutableTree(make)
    keeping(make)
    naming(make)
    blocks(make)
    pins(make)
    dag(make)
    about(make)
  })
}

nodeContract('embedded', embeddedAlone)

onKubo('nodes', (daemon) => nodeContract('a daemon by its URL', () => kuboAlone(async () => daemon)), { flags: ['--offline'] })

describe('nodes on a supervised Kubo', () => {
  beforeEach(needsKubo)
  let kubo: ReturnType<typeof superviseKubo> | undefined
  afterAll(async () => (await kubo)?.[Symbol.asyncDispose]())
  nodeContract('supervised', async () => kuboAlone((await (kubo ??= superviseKubo())).endpoint))
})
