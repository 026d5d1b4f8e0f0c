import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStoracha } from '../../../backends/storacha/storacha.ts'
import { openContentStore } from '../../../src/content/store.ts'
import type { Backend } from '../../../src/core/backend.ts'
import type { VfsError } from '../../../src/core/error.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { temporaryFolder } from '../../support/content.ts'
import { ALL, storachaAlone, type TestSpace, TestStoracha } from '../../support/storacha.ts'

let service: TestStoracha
beforeAll(async () => {
  service = await TestStoracha.start()
})
afterAll(() => service[Symbol.asyncDispose]())

async function* of(content: string | Uint8Array) {
  yield Buffer.from(content)
}
const write = (backend: Backend, path: string, content: string | Uint8Array) => backend.write(vfsPath(path), of(content))
const read = async (backend: Backend, path: string) => (await buffer(backend.read(vfsPath(path)))).toString()
async function writtenIn(space: TestSpace): Promise<void> {
  await using backend = await storachaAlone(service, { space })
  await write(backend, '/a', 'one')
}
const failure = async (work: Promise<unknown>): Promise<VfsError> =>
  work.then(
    () => expect.unreachable(),
    (error: VfsError) => error,
  )

test('the space lists the root that holds and no other, and content larger than a shard goes in several', async () => {
  const space = await service.space()
  await using backend = await storachaAlone(service, { space })
  await write(backend, '/small', 'one')
  const large = randomBytes(20 << 20)
  await write(backend, '/large', large)
  expect(await service.listed(space)).toEqual([(await backend.stat(vfsPath('/'))).cid])
  expect(await buffer(backend.read(vfsPath('/large'), { offset: 9 << 20, length: 1000 }))).toEqual(large.subarray(9 << 20, (9 << 20) + 1000))
})

test.each(['space/blob/add', 'space/index/add', 'upload/add', 'upload/list'])('without %s nothing is written, and the error says so', async (missing) => {
  const space = await service.space({ can: ALL.filter((one) => one !== missing) })
  const error = await failure(writtenIn(space))
  expect(error).toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining(missing) })
  expect(await service.listed(space)).toEqual([])
})

test('a delegation that has expired, and one that is for nobody here', async () => {
  const late = await service.space({ expiration: 1_700_000_000 })
  expect(await failure(storachaAlone(service, { space: late }))).toMatchObject({ code: 'CREDENTIALS_EXPIRED' })
  const broken = { ...(await service.space()), delegation: 'nothing' }
  expect(await failure(storachaAlone(service, { space: broken }))).toMatchObject({ code: 'PERMISSION_DENIED' })
})

test('a space without room', async () => {
  const space = await service.space({ room: false })
  const error = await failure(writtenIn(space))
  expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED' })
})

test('a service that goes away fails the change and leaves the tree; it goes on when the service is back', async () => {
  await using backend = await storachaAlone(service)
  await write(backend, '/a', 'one')
  await service.down()
  expect(await failure(write(backend, '/a', 'two'))).toMatchObject({ code: 'UNAVAILABLE' })
  expect(await read(backend, '/a')).toBe('one')
  await service.up()
  await write(backend, '/a', 'three')
  expect(await read(backend, '/a')).toBe('three')
})

test('of twenty writers that replace the same content one wins', async () => {
  await using backend = await storachaAlone(service)
  const { etag } = await write(backend, '/a', 'zero')
  const raced = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => backend.write(vfsPath('/a'), of(`writer ${i}`), { ifMatch: etag })))
  expect(raced.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('another data folder takes over what the space lists, and reads nothing of it without a gateway', async () => {
  const space = await service.space()
  await using first = await storachaAlone(service, { space })
  await write(first, '/a', 'one')
  const { cid } = await first.stat(vfsPath('/'))
  await using folder = await temporaryFolder()
  await using second = await storachaAlone(service, { space, folder: folder.path })
  expect(await failure(read(second, '/a'))).toMatchObject({ code: 'OFFLINE' })
  expect(await service.listed(space)).toEqual([cid])
})

test('the public service is refused, with what to use instead', async () => {
  const space = await service.space()
  await using folder = await temporaryFolder()
  await using content = await openContentStore({ folder: folder.path })
  const error = await failure(
    openStoracha({ ...space, url: 'https://up.storacha.network', did: 'did:web:up.storacha.network', dataFolder: folder.path, content }),
  )
  expect(error).toMatchObject({ code: 'UNSUPPORTED', hint: expect.stringMatching(/s3 or cluster/) })
})
