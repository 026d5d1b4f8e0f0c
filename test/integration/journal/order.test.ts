import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../support/journal.ts'
import { requires } from '../../support/requires.ts'

const run = promisify(execFile)
const CALLS = 'openat,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,write'

beforeEach(requires('strace', async () => run('strace', ['-o', '/dev/null', 'true']).then(() => true)))

/** What it is to the order that a power cut asks for, and of what. */
type Step = readonly [what: string, of: string]

/** The names in <> are the files behind the descriptors. */
function stepOf(line: string, root: string, synced: ReadonlySet<string>): Step | undefined {
  const flushed = flushedBy(line, synced)
  if (flushed !== undefined) return flushOf(flushed, root)
  const named = /\b(?<what>rename|link|unlink|mkdir)(?:at2?)?\([^)]*"\/proc\/self\/fd\/\d+\/(?<name>[^"/]+)"[^"]*\) += 0/.exec(line)?.groups
  if (named?.['what'] === 'unlink' && named['name']?.startsWith('.polymount-')) return undefined // a staged name, whose file has got its own
  return named?.['what'] === undefined ? undefined : [named['what'], '']
}

function flushedBy(line: string, synced: ReadonlySet<string>): string | undefined {
  const { call, path = '' } = /(?<call>fsync|fdatasync|pwrite64)\(\d+<(?<path>[^>]*)>/.exec(line)?.groups ?? {}
  return call === undefined || (call === 'pwrite64' && !synced.has(path)) ? undefined : path
}

/** Files of which every write is a flush, by how they were opened. */
const syncedOf = (trace: readonly string[]): Set<string> =>
  new Set(trace.flatMap((line) => /openat\([^)]*O_DSYNC[^)]*\) += \d+<(?<path>[^>]*)>/.exec(line)?.groups?.['path'] ?? []))

function flushOf(path: string, root: string): Step | undefined {
  if (path.endsWith('/journal.db-wal')) return ['flush intent', '']
  if (path.endsWith('/blocks.db-wal')) return ['flush index of blocks', '']
  const block = /\/blocks(?:\/\w{2}(?<file>\/\w+)?)?$/.exec(path)
  if (block) return ['flush blocks', block.groups?.['file'] === undefined ? 'folders' : 'files']
  if (/^\/\.polymount-c\w+-\w+$/.test(path.slice(root.length))) return ['flush content', '']
  return path.startsWith(root) ? ['flush folders', basename(path).replace(/^\.polymount-trash.*/, 'trash')] : undefined
}

/** Each call where it was over; strace tells one in two lines if another thread's comes in between. */
function whole(lines: readonly string[]): string[] {
  const begun = new Map<string, string>()
  return lines.flatMap((line) => {
    const [pid = ''] = line.split(' ', 1)
    if (line.endsWith('<unfinished ...>') && !line.includes(' write(')) {
      begun.set(pid, line.replace(/ *<unfinished ...>$/, ''))
      return []
    }
    return [line.replace(/^\d+ +<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? '')]
  })
}

/** One after the other; those of one kind, which threads may make in any order, are one. */
function told(steps: readonly Step[]): string[] {
  const kinds: (readonly [string, Set<string>])[] = []
  for (const [what, of] of steps) {
    const last = kinds.at(-1)
    if (last?.[0] === what) last[1].add(of)
    else kinds.push([what, new Set([of])])
  }
  return kinds.map(([what, of]) => [what, ...[...of].toSorted()].join(' ').trim())
}

const OLD = { first: 'old', f: 'old', large: 'l'.repeat(100_000), removed: 'old', moved: 'old' }
let traced: Promise<{ readonly trace: readonly string[]; readonly root: string }> | undefined

/** All of the changes, once. */
async function traceAll(): Promise<{ readonly trace: readonly string[]; readonly root: string }> {
  await using top = await temporaryFolder()
  const root = join(top.folder, 'served')
  await mkdir(join(root, 'folder'), { recursive: true })
  for (const [name, content] of Object.entries(OLD)) await writeFile(join(root, name), content)
  const file = join(top.folder, 'trace')
  const script = fileURLToPath(new URL('durable.ts', import.meta.url))
  await run('strace', ['-f', '-y', '-e', `trace=${CALLS}`, '-o', file, process.execPath, script, root])
  return { trace: whole((await readFile(file, 'utf8')).split('\n')), root }
}

test.each([
  ['replace', ['flush intent', 'flush content', 'rename', 'flush folders served']],
  ['create', ['flush intent', 'flush content', 'link', 'flush folders served']],
  [
    'large',
    [
      'flush index of blocks', // the guard
      'flush blocks files folders',
      'flush index of blocks',
      'flush intent',
      'flush content',
      'rename',
      'flush folders served',
    ],
  ],
  ['remove', ['flush intent', 'rename', 'flush folders served trash']],
  ['move', ['flush intent', 'link', 'unlink', 'flush folders folder served']],
  ['mkdir', ['flush intent', 'mkdir', 'flush folders served']],
  ['IPFS', ['flush intent', 'flush index of blocks']], // which has the root of the tree too
])('what a power cut must not take is on the disk before the next step, and all of it before the answer: %s', async (change, expected) => {
  const { trace, root } = await (traced ??= traceAll())
  const from = trace.findIndex((line) => line.includes(`"asked ${change}`))
  const to = trace.findIndex((line) => line.includes(`"answered ${change}`))
  expect(to).toBeGreaterThan(from)
  const synced = syncedOf(trace)
  expect(told(trace.slice(from, to).flatMap((line) => [stepOf(line, root, synced)].filter((step) => step !== undefined)))).toEqual(expected)
})
