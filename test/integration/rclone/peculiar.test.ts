import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openRclone } from '../../../backends/rclone/rclone.ts'
import { ROOT } from '../../../src/core/path.ts'
import { names } from '../../contract/support.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'
import { scratch } from '../../contract/support.ts'

beforeEach(needsRclone)

const folder = scratch('peculiar')

test('that a storage takes names of another case for the same is told', async () => {
  await using control = await Rclone.control()
  const disk = await folder()
  expect((await control.backend(`:local,case_insensitive=true:${disk}`)).notes()).toMatchObject([expect.stringContaining('spelling')])
  expect((await control.backend(`:local,case_insensitive=false:${disk}`)).notes()).toEqual([])
})

test('of files of one name a listing has one', async () => {
  const file = (name: string): object => ({ Name: name, Size: 1, ModTime: '2026-01-01T00:00:00Z', IsDir: false })
  const info = { Name: 'drive', Root: '', Features: { DuplicateFiles: true }, Hashes: [], Precision: 1 }
  // As rclone answers of a Google Drive, which no test can have.
  const server = createServer((request, response) => {
    request.resume()
    response.end(JSON.stringify(request.url === '/operations/fsinfo' ? info : { list: [file('b'), file('a'), file('b')] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const backend = await openRclone({ remote: 'drive:', secret: async () => '', endpoint: async () => ({ url }) })
  expect(await names(backend, ROOT)).toEqual(['a', 'b'])
  expect(backend.notes()).toMatchObject([expect.stringContaining('one name')])
})
