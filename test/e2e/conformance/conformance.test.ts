import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { addressOf } from '../../support/address.ts'
import { emptyPlace, start } from '../../support/program.ts'
import { renaming } from './renaming.ts'

const SUITE = resolve('node_modules/.bin/conformance')
const TOOLS = resolve('test/e2e/conformance/tools')
const NOT_OFFERED = resolve('test/e2e/conformance/not-offered.yml')
const REVISIONS = ['2025-11-25', '2026-07-28']

const RESOURCES = {
  'static-text': 'This is the content of the static text resource.',
  'static-binary': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]),
  'template/123/data': '{"id":"123"}',
  'watched-resource': 'watched',
}

async function writeResources(folder: string): Promise<void> {
  await mkdir(join(folder, 'template/123'), { recursive: true })
  for (const [name, content] of Object.entries(RESOURCES)) await writeFile(join(folder, name), content)
}

/** Ends with 1 for what fails and is not in the list, and for what is in the list and passes. */
const conformance = (url: string, revision: string): Promise<{ code: number; said: string }> =>
  new Promise((done) => {
    const args = [SUITE, 'server', '--url', url, '--requirements', revision, '--expected-failures', NOT_OFFERED]
    const child = execFile(process.execPath, args, (_, stdout, stderr) => done({ code: child.exitCode ?? -1, said: stdout + stderr }))
  })

test.each(REVISIONS)('what the official suite asks of a server of %s holds, but for what is not offered', async (revision) => {
  await using place = await emptyPlace()
  await writeResources(place.work)
  const child = start(place, ['serve', '--http', '127.0.0.1:0', '--toolsets', 'all', place.work], { env: { POLYMOUNT_TOOLS_PATHS: TOOLS } })
  await using server = await renaming(await addressOf(child.stdout), { theirs: 'test://', ours: `polymount://${place.work}/` })
  const { code, said } = await conformance(server.url, revision)
  child.kill('SIGINT')
  await once(child, 'exit')
  expect(code, said).toBe(0)
})
