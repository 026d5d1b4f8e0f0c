import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { openRclone } from '../../../backends/rclone/rclone.ts'
import { type Reached, tellsTheTruthOfLostAnswers } from '../../contract/lost.contract.ts'
import { LosingProxy } from '../../support/losing-proxy.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'

let control: Rclone
let proxy: LosingProxy
beforeEach(needsRclone)
beforeAll(async () => {
  control = await Rclone.control()
  proxy = await LosingProxy.start(() => control.url)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await control[Symbol.asyncDispose]()
})

async function reached(): Promise<Reached> {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-lost-'))
  const backend = await openRclone({ remote: `:local:${folder}`, secret: async () => '', endpoint: async () => ({ ...control.endpoint, url: proxy.url }) })
  return {
    backend,
    proxy,
    left: async () => (await readdir(folder, { recursive: true })).filter((name) => /replaced\/|-c/.test(name)),
    [Symbol.asyncDispose]: async () => {
      await backend[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

tellsTheTruthOfLostAnswers(reached, /operations\/(movefile|copyfile|deletefile|uploadfile|mkdir|rmdir)|job\/status/)
