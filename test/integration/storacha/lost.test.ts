import { afterAll, beforeAll, vi } from 'vitest'
import { vfsPath as p } from '../../../src/core/path.ts'
import { type Reached, tellsTheTruthOfLostAnswers } from '../../contract/lost.contract.ts'
import { temporaryFolder } from '../../support/content.ts'
import { LosingProxy } from '../../support/losing-proxy.ts'
import { storachaAlone, TestStoracha } from '../../support/storacha.ts'

vi.spyOn(console, 'warn').mockReturnValue() // where the client tells of every repetition

let service: TestStoracha
let proxy: LosingProxy
beforeAll(async () => {
  service = await TestStoracha.start()
  proxy = await LosingProxy.start(() => new URL(service.url).origin)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await service[Symbol.asyncDispose]()
})

async function reached(): Promise<Reached> {
  await using parts = new AsyncDisposableStack()
  const [folder, space] = [parts.use(await temporaryFolder()).path, await service.space()]
  const backend = parts.use(await storachaAlone({ url: proxy.url, did: service.did, space: async () => space }, { space, folder }))
  const owned = parts.move()
  const left = async (): Promise<string[]> => {
    const { cid } = await backend.stat(p('/'))
    return (await service.listed(space)).filter((root) => root !== cid)
  }
  return { backend, proxy, folder, left, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

// Every change is one of the tree's root, published in one way. All requests go to one path, and their bodies name what they ask for.
tellsTheTruthOfLostAnswers(reached, /upload\/(add|remove)/, { operations: ['an overwrite'] })
