import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { type Reached, tellsTheTruthOfLostAnswers } from '../../contract/lost.contract.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { LosingProxy } from '../../support/losing-proxy.ts'
import { kuboAlone } from '../../support/nodes.ts'

let daemon: KuboDaemon
let proxy: LosingProxy
beforeEach(needsKubo)
beforeAll(async () => {
  daemon = await KuboDaemon.start()
  proxy = await LosingProxy.start(() => daemon.url)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await daemon[Symbol.asyncDispose]()
})

async function reached({ status, server }: { readonly status?: number } & Pick<Reached, 'server'> = {}): Promise<Reached> {
  proxy.status = status
  const { node, [Symbol.asyncDispose]: close } = await kuboAlone(async () => ({ url: proxy.url }))
  const backend = new MfsBackend(node)
  for (const name of ['f', 'g', 'd']) await node.mfs.unlink(`/${name}`).catch(() => undefined) // of the test before
  return { backend, proxy, ...(server && { server }), left: async () => [], [Symbol.asyncDispose]: close }
}

const CHANGES = /files\/(cp|mv|rm|flush)/

tellsTheTruthOfLostAnswers(() => reached(), CHANGES, { byCid: true })

describe('behind a proxy that gives up', () => {
  tellsTheTruthOfLostAnswers(() => reached({ status: 504 }), CHANGES, { operations: ['an overwrite', 'a removal', 'a move', 'a return of a folder'] })
})

describe('of a Kubo that is killed when it has answered', () => {
  tellsTheTruthOfLostAnswers(() => reached({ server: daemon }), CHANGES, { operations: ['an overwrite', 'a removal', 'a move'], byCid: true, dies: true })
})
