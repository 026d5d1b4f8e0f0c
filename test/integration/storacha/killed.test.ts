import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { text } from '../../contract/support.ts'
import { Child } from '../../support/children.ts'
import { temporaryFolder } from '../../support/content.ts'
import { storachaAlone, TestStoracha } from '../../support/storacha.ts'

let service: TestStoracha
beforeAll(async () => {
  service = await TestStoracha.start()
})
afterAll(() => service[Symbol.asyncDispose]())

/** Killed at this one of the requests of a change, or after the last: what it was. */
async function killedAt(request: number): Promise<string> {
  const space = await service.space()
  await using folder = await temporaryFolder()
  const { did, ...keys } = space
  const options = JSON.stringify({ url: service.url, did: service.did, space: did, ...keys, dataFolder: folder.path })
  const child = new Child(new URL('../../support/storacha-dying.ts', import.meta.url), options, `${request}`)
  const moment = await child.line()
  await child.kill()
  await using backend = await storachaAlone(service, { space, folder: folder.path })
  expect(['one', 'two']).toContain(await text(backend.read(p('/f'))))
  expect(await service.listed(space)).toEqual([(await backend.stat(p('/'))).cid])
  await backend.write(p('/f'), bytesOf('three'))
  expect(await text(backend.read(p('/f')))).toBe('three')
  expect(await service.listed(space)).toEqual([(await backend.stat(p('/'))).cid])
  return moment
}

test('killed at any request of a change, a tree is whole when it is opened again, and the space lists nothing else', { timeout: 120_000 }, async () => {
  const moments: string[] = []
  while (!moments.includes('written')) moments.push(...(await Promise.all([1, 2].map((next) => killedAt(moments.length + next)))))
  expect(moments.indexOf('written')).toBeGreaterThan(5)
})
