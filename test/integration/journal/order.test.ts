import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../support/journal.ts'
import { requires } from '../../support/requires.ts'

const run = promisify(execFile)
const CALLS = 'fsync,fdatasync,rename,renameat,renameat2,link,linkat,write'

beforeEach(requires('strace', async () => run('strace', ['-o', '/dev/null', 'true']).then(() => true)))

/** What a line of strace is to the order that a power cut asks for; the names in <> are the files behind the descriptors. */
function stepOf(line: string, root: string): string[] {
  const flushed = /(?:fsync|fdatasync)\(\d+<(?<path>[^>]*)>/.exec(line)?.groups?.['path']
  if (flushed?.endsWith('/journal.db-wal')) return ['the intent is flushed']
  if (flushed?.startsWith(`${root}/.polymount-`)) return ['the content is flushed']
  if (flushed === root) return ['the folder is flushed']
  if (/ rename(at2?)?\(.*\/f"/.test(line)) return ['the content takes its place']
  return line.includes('"answered') ? ['it is answered'] : []
}

test('what a power cut must not take is on the disk before the next step, and all of it before the answer', async () => {
  await using top = await temporaryFolder()
  const root = join(top.folder, 'served')
  await mkdir(root)
  await writeFile(join(root, 'f'), 'old')
  const trace = join(top.folder, 'trace')
  await run('strace', ['-f', '-y', '-e', `trace=${CALLS}`, '-o', trace, process.execPath, fileURLToPath(new URL('durable.ts', import.meta.url)), root])
  const lines = (await readFile(trace, 'utf8')).split('\n')
  const asked = lines.slice(lines.findIndex((line) => line.includes('"asked')))
  const answered = asked.slice(0, asked.findIndex((line) => line.includes('"answered')) + 1)
  const steps = answered.flatMap((line) => stepOf(line, root))
  expect(steps.filter((step, i) => step !== steps[i - 1])).toEqual([
    'the intent is flushed',
    'the content is flushed',
    'the content takes its place',
    'the folder is flushed',
    'it is answered',
  ])
})
