import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, type VfsPath, join, vfsPath } from '../../src/core/path.ts'
import { IgnoreRules, type RulesSource } from '../../src/vfs/match/ignore.ts'

let root: string
const source: RulesSource = {
  read: (file) => readFile(root + file).catch(() => undefined),
  exists: async (file) => (await stat(root + file).catch(() => undefined)) !== undefined,
}

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'ignore-'))
  git(['init', '-q'])
})
afterAll(() => rm(root, { recursive: true, force: true }))

const git = (args: readonly string[], input?: string): string =>
  execFileSync('git', ['-c', 'core.excludesFile=', ...args], {
    cwd: root,
    input,
    env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', HOME: root },
    maxBuffer: 1 << 28,
  }).toString()

interface Seen {
  readonly path: string
  readonly ignored: boolean
}

/** Every entry below a folder, and whether it or a folder on its way is ignored. */
async function walk(folder: VfsPath, rules: IgnoreRules, hidden: boolean): Promise<Seen[]> {
  const entries = await readdir(root + folder, { withFileTypes: true })
  const names = new Set(entries.map((entry) => entry.name))
  const here = await rules.enter(folder, source, names)
  const seen: Seen[] = []
  for (const entry of entries) {
    const at = join(folder, entry.name)
    const ignored = hidden || here.ignores(entry.name, entry.isDirectory())
    seen.push({ path: at.slice(1), ignored })
    if (entry.isDirectory()) seen.push(...(await walk(at, here, ignored)))
  }
  return seen
}

/** The paths of them that git ignores. */
function ignoredByGit(paths: readonly string[]): Set<string> {
  const fields = git(['check-ignore', '--no-index', '--stdin', '-z', '-v', '-n'], paths.join('\0')).split('\0')
  const ignored = paths.filter((_, i) => fields[i * 4 + 2] !== '' && !fields[i * 4 + 2]?.startsWith('!'))
  return new Set(ignored)
}

const TREE = [
  'a',
  'b',
  'ab',
  'ba.log',
  'x.log',
  'ä',
  'ä.log',
  ' a',
  'a ',
  '#b',
  '!b',
  '[b]',
  'a\\b',
  'aa/a',
  'aa/b/a',
  'aa/b/b.log',
  'b.d/a/b/ab',
  'b.d/a/ä',
  'b.d/x.log',
]

const piece = fc.constantFrom(
  'a',
  'b',
  'ab',
  '*',
  '?',
  '[ab]',
  '[!a]',
  '.log',
  'log',
  '\\',
  'ä',
  '[ä]',
  ' ',
  'd',
  '.',
  '[[:alpha:]]',
  '[a-b]',
  '[',
  ']',
  '#',
  '!',
  'aa',
  '[]b]',
  '-',
)
const segment = fc.oneof(
  { weight: 5, arbitrary: fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.constant('**') },
)
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '\\!', '#'),
    fc.constantFrom('', '', '/'),
    fc.array(segment, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/'),
    fc.constantFrom('', '', ' ', '\\ ', '\r'),
  )
  .map(([mark, lead, segments, tail, end]) => mark + lead + segments.join('/') + tail + end)
  // `foo**/bar`: git before 2.53 takes it for `foo` followed by any folders; `**\/` differs from `**/` by an accident of its matcher.
  .filter((text) => !/[^/!]\*\*|\*\*\\/.test(text))
const rulesFile = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'))

test('ignores exactly what git ignores', async () => {
  const cases = fc.sample(fc.tuple(rulesFile, fc.option(rulesFile, { freq: 3 })), 150)
  await writeFile(path.join(root, '.gitignore'), '\uFEFF*.top\r\nc*/keep*\n')
  await writeFile(path.join(root, '.git/info/exclude'), 'x.*\n!/c1\n')
  for (const [index, [outer, inner]] of cases.entries()) await makeTree(path.join(root, `c${index}`), outer, inner)
  const seen = await walk(ROOT, await IgnoreRules.at(ROOT, ROOT, source), false)
  const visible = seen.filter((entry) => !entry.path.startsWith('.git/') && entry.path !== '.git')
  const expected = ignoredByGit(visible.map((entry) => entry.path))
  const wrong = visible.filter((entry) => entry.ignored !== expected.has(entry.path))
  expect(wrong.slice(0, 5).map((entry) => [entry, cases[Number(/^c(\d+)/.exec(entry.path)?.[1])]])).toEqual([])
  expect(expected.size).toBeGreaterThan(300)
  expect(visible.length - expected.size).toBeGreaterThan(300)
})

test('a walk that begins below takes the rules from above, up to the repository', async () => {
  await mkdir(path.join(root, 'r/inner/.git/info'), { recursive: true })
  await mkdir(path.join(root, 'r/inner/deep'), { recursive: true })
  await writeFile(path.join(root, 'r/.gitignore'), 'from-outside\n')
  await writeFile(path.join(root, 'r/inner/.gitignore'), '/deep/x\n*.log\n')
  await writeFile(path.join(root, 'r/inner/.git/info/exclude'), 'private\n')
  const rules = await IgnoreRules.at(vfsPath('/r/inner/deep'), ROOT, source)
  const names = ['x', 'y', 'a.log', 'private', 'from-outside', '.git']
  expect(names.filter((name) => rules.ignores(name, false))).toEqual(['x', 'a.log', 'private', '.git'])
  const fromTop = await IgnoreRules.at(vfsPath('/r/inner/deep'), vfsPath('/r/inner/deep'), source)
  expect(names.filter((name) => fromTop.ignores(name, false))).toEqual(['.git'])
})

async function makeTree(folder: string, outer: string, inner: string | null): Promise<void> {
  for (const file of TREE) await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
  await Promise.all(TREE.map((file) => writeFile(path.join(folder, file), '')))
  await writeFile(path.join(folder, '.gitignore'), outer)
  if (inner !== null) await writeFile(path.join(folder, 'b.d/.gitignore'), inner)
}
