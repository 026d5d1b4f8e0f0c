import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)

/** The launcher in a process that takes itself for another. */
async function launchedIn(property: 'platform' | 'versions', value: unknown): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-launcher-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const first = join(folder, 'first.cjs')
  await writeFile(first, `Object.defineProperty(process, '${property}', { value: ${JSON.stringify(value)} })`)
  const env = { ...process.env, POLYMOUNT_RESTARTED: '1' } // else it would look for a newer Node
  return run(process.execPath, ['-r', first, resolve('bin/polymount.cjs'), '--version'], { env }).catch((error: unknown) => error)
}

const refusal = (line: string) => ({ code: 2, stdout: '', stderr: expect.stringMatching(new RegExp(`^polymount: ${line}[^\n]*\n$`)) })

test('on Windows the program refuses to start, and says where it runs', async () => {
  expect(await launchedIn('platform', 'win32')).toMatchObject(refusal('runs on Linux and macOS; on Windows start it inside WSL'))
})

test('an old Node is refused with the version that is needed', async () => {
  expect(await launchedIn('versions', { ...process.versions, node: '22.14.0' })).toMatchObject(refusal('needs Node 22\\.15 or newer'))
})
