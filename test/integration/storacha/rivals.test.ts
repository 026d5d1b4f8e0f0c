import { afterAll, beforeAll, expect, test } from 'vitest'
import { StorachaPublisher } from '../../../backends/storacha/publisher.ts'
import { Space } from '../../../backends/storacha/service.ts'
import type { GetBlock } from '../../../src/content/unixfs/index.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf } from '../../contract/support.ts'
import { TreeStore } from '../../../src/ipfs/tree/store.ts'
import { storachaAlone, TestStoracha } from '../../support/storacha.ts'
import { temporaryFolder } from '../../support/content.ts'

let service: TestStoracha
beforeAll(async () => {
  service = await TestStoracha.start()
})
afterAll(() => service[Symbol.asyncDispose]())

test('of two data folders that change one space in one moment exactly one is told of success, and its root is listed', async () => {
  for (let round = 0; round < 4; round++) {
    const space = await service.space()
    await using one = await storachaAlone(service, { space })
    await using two = await storachaAlone(service, { space })
    expect((await two.stat(p('/'))).cid).toBe((await one.stat(p('/'))).cid)
    const both = [one, two]
    const told = await Promise.allSettled(both.map((each, i) => each.write(p('/f'), bytesOf(`by ${i}`))))
    const winners = told.flatMap(({ status }, i) => (status === 'fulfilled' ? both.slice(i, i + 1) : []))
    expect(winners).toHaveLength(1)
    expect(told.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } })
    expect(await service.listed(space)).toEqual([(await winners[0]?.stat(p('/')))?.cid])
  }
})

test('who changes a space after another data folder did is told so, with both roots', async () => {
  const space = await service.space()
  await using one = await storachaAlone(service, { space })
  await using two = await storachaAlone(service, { space })
  const { cid: before } = await one.stat(p('/'))
  await two.write(p('/f'), bytesOf('two'))
  const { cid: after } = await two.stat(p('/'))
  await expect(one.write(p('/f'), bytesOf('one'))).rejects.toMatchObject({ code: 'CONFLICT', details: { roots: [before, after] } })
})

test('two processes of one data folder change one space: nothing is lost, and nobody is told of a stranger', async () => {
  const space = await service.space()
  await using folder = await temporaryFolder()
  await using one = await storachaAlone(service, { space, folder: folder.path })
  await using two = await storachaAlone(service, { space, folder: folder.path })
  const files = Array.from({ length: 8 }, (_, i) => p(`/f${i}`))
  expect(await Promise.all(files.map((file, i) => codeOf((i % 2 ? one : two).write(file, bytesOf(file)))))).toEqual(files.map(() => 'none'))
  for (const file of files) expect((await one.stat(file)).size).toBe(file.length)
  expect(await service.listed(space)).toEqual([(await one.stat(p('/'))).cid])
})

test('a root that this data folder takes back while it is looked for rivals is no stranger', async () => {
  const space = await service.space()
  await using folder = await temporaryFolder()
  await using store = await TreeStore.open(folder.path)
  const published = store.published('storacha')
  const contents = [Buffer.from('stands'), Buffer.from('is taken back')] as const
  const [standing, withdrawn] = [rawCid(contents[0]), rawCid(contents[1])]
  const get: GetBlock = async (cid) => contents[cid.toString() === standing ? 0 : 1]
  const options = { space: await Space.open({ url: service.url, ...space, space: space.did, did: service.did }), get }
  const one = new StorachaPublisher({ ...options, published })
  await one.publish(standing, undefined)
  await one.publish(withdrawn, undefined)
  const late = async (): Promise<ReadonlySet<string>> => {
    if ((await service.listed(space)).includes(withdrawn)) await one.withdraw(withdrawn)
    return published.all()
  }
  const other = new StorachaPublisher({ ...options, published: { ...published, all: late } })
  expect(await other.rivals(standing, undefined)).toEqual([])
})
