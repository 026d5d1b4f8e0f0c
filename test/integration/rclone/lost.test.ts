import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { openRclone } from '../../../backends/rclone/rclone.ts'
import type { Endpoint } from '../../../backends/rclone/rc.ts'
import { type Reached, tellsTheTruthOfLostAnswers } from '../../contract/lost.contract.ts'
import { LosingProxy } from '../../support/losing-proxy.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'

let control: Rclone
beforeEach(needsRclone)
beforeAll(async () => void (control = await Rclone.control()))
afterAll(() => control[Symbol.asyncDispose]())

async function reached(): Promise<Reached> {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'polymount-lost-'))
  parts.defer(() => rm(folder, { recursive: true }))
  const proxy = parts.use(await LosingProxy.start(() => control.url))
  const endpoint = async (): Promise<Endpoint> => ({ ...control.endpoint, url: proxy.url })
  const backend = parts.use(await openRclone({ remote: `:local:${folder}`, secret: async () => '', endpoint }))
  const owned = parts.move()
  const left = async (): Promise<string[]> => (await readdir(folder, { recursive: true })).filter((name) => /replaced\/|-c/.test(name))
  return { backend, proxy, left, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

tellsTheTruthOfLostAnswers(reached, /operations\/(movefile|copyfile|deletefile|uploadfile|mkdir|rmdir)|job\/status/, { concurrent: true })
