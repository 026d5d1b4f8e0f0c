import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf } from '../../contract/support.ts'
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
