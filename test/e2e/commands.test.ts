import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyPlace, run } from '../support/program.ts'

const VERSION = (JSON.parse(await readFile('package.json', 'utf8')) as { version: string }).version

test('the program ends with the codes that its help names, and stdout holds nothing but the answer', async () => {
  await using place = await emptyPlace()
  expect(await run(place, ['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
  expect(await run(place, ['call', 'vfs_stat', '{"path":"/local"}'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{[\s\S]*\}\n$/), stderr: '' })
  expect(await run(place, ['call', 'vfs_stat', '{"path":"/local/none"}'])).toMatchObject({ code: 1, stderr: '' })
  expect(await run(place, ['--nonsense'])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^polymount: /) })
  expect(await run(place, ['doctor'])).toMatchObject({ code: 0, stderr: '' })
})

test('bytes come out as they are', async () => {
  await using place = await emptyPlace()
  const text = 'ä\r\n'.repeat(200_000)
  await writeFile(join(place.work, 'a.txt'), text)
  const args = { path: join(place.work, 'a.txt'), byte_offset: 0, byte_length: 1 << 20 }
  const { stdout } = await run(place, ['call', 'vfs_read', JSON.stringify(args), '--dir', place.work, '--raw'])
  expect(stdout === text).toBe(true)
})

test('what one process did another one undoes', async () => {
  await using place = await emptyPlace()
  const { change } = JSON.parse((await run(place, ['call', 'vfs_write', '{"path":"/local/a","content":"x"}'])).stdout) as { change: string }
  expect((await run(place, ['call', 'vfs_undo', JSON.stringify({ change })])).code).toBe(0)
  expect((await run(place, ['call', 'vfs_stat', '{"path":"/local/a"}'])).code).toBe(1)
})
