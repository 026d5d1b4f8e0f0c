import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { LocalBackend } from '../../backends/local/local.ts'
import { ROOT } from '../../src/core/path.ts'
import type { Query } from '../../src/search/run.ts'
import { Search } from '../../src/search/search.ts'
import { nativeRipgrep } from '../../test/support/ripgrep.ts'
import { searchable } from '../../test/support/searchable.ts'

/**
 * Search beside native ripgrep over the same tree in the same run: `node scripts/bench/search.ts [FOLDER]`. Every figure is
 * the median; the ratio is ours to native's.
 */
const RUNS = 5
const folder = resolve(process.argv[2] ?? 'node_modules')

const CASES: readonly (readonly [string, Partial<Query>, readonly string[]])[] = [
  ['a rare word, all hits', { pattern: 'createHash' }, ['-e', 'createHash']],
  ['in any case', { pattern: 'createhash', ignoreCase: true }, ['-i', '-e', 'createhash']],
  ['an expression', { pattern: '\\bfoo\\w+' }, ['-e', '\\bfoo\\w+']],
  ['a common word, counted', { pattern: 'return', output: 'count' }, ['-c', '-e', 'return']],
  ['a common word, first 100', { pattern: 'return', limit: 100 }, ['-e', 'return']],
]

async function median(work: () => Promise<void> | void): Promise<number> {
  const times: number[] = []
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now()
    await work()
    if (run > 0) times.push(performance.now() - started) // the first one warms the caches
  }
  return times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN
}

async function ours(search: Search, backend: LocalBackend, query: Partial<Query>): Promise<number> {
  const all: Query = { pattern: '', path: ROOT, output: 'lines', context: 0, ignoreCase: false, literal: false, ignored: true, limit: 1e9, ...query }
  let hits = 0
  for await (const _ of search.hits(searchable(backend), all, { actor: { client: 'bench' } })) if (++hits === all.limit) break
  return hits
}

const native = (args: readonly string[]): void =>
  void execFileSync(nativeRipgrep(), ['--no-config', '--no-ignore', '--hidden', '--crlf', '-H', '-n', ...args, '.'], { cwd: folder, maxBuffer: 2 ** 31 })

await using search = new Search()
await using backend = new LocalBackend({ root: folder })
for (const [title, query, args] of CASES) {
  const theirs = await median(() => native(args))
  let hits = 0
  const own = await median(async () => void (hits = await ours(search, backend, query)))
  console.log(
    `${title.padEnd(28)} ${hits.toString().padStart(8)}  native ${theirs.toFixed(0).padStart(5)} ms  ours ${own.toFixed(0).padStart(5)} ms  ${(own / theirs).toFixed(2)}×`,
  )
}
