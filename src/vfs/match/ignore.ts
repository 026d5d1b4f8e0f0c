import { ROOT, type VfsPath, join, parent } from '../../core/path.ts'
import { type Matcher, compilePattern } from './glob.ts'

/** Of a rules file only so much is looked at: a longer one is not a list that a person keeps. */
export const MAX_RULES_BYTES = 256 * 1024

/** Of the names that rules depend on, the last in a listing. */
export const LAST_RULES_NAME = '.gitignore'

/** How the rules reach files; both answer undefined or false where nothing is. */
export interface RulesSource {
  /** At most MAX_RULES_BYTES of a file's beginning. */
  read(path: VfsPath): Promise<Uint8Array | undefined>
  exists(path: VfsPath): Promise<boolean>
}

interface Rule {
  readonly matches: Matcher
  readonly negated: boolean
  readonly foldersOnly: boolean
  /** Against the path from the rules' own folder, not the bare name. */
  readonly anchored: boolean
}

/** One rules file, and the way from its folder to the present one: '' or `a/b/`. */
interface Level {
  readonly rules: readonly Rule[]
  readonly prefix: string
}

/**
 * What git would ignore in one folder: the rules of its .gitignore, then those of the folders above up to the one that
 * holds .git, then .git/info/exclude; the last rule that speaks of a name wins. A folder with a .git of its own begins anew.
 */
export class IgnoreRules {
  readonly #folder: VfsPath
  readonly #levels: readonly Level[]

  private constructor(folder: VfsPath, levels: readonly Level[]) {
    this.#folder = folder
    this.#levels = levels
  }

  /** For a walk that begins at `folder`. Rules above `top`, where the storage begins, have no say. */
  static async at(folder: VfsPath, top: VfsPath, source: RulesSource): Promise<IgnoreRules> {
    const way = [folder]
    for (let at = folder; at !== top && at !== ROOT && !(await source.exists(join(at, '.git')));) way.unshift((at = parent(at)))
    let rules = new IgnoreRules(way[0] ?? folder, [])
    for (const next of way) rules = await rules.enter(next, source)
    return rules
  }

  /** For a child of this folder. `names` are what is in it, if the caller has listed it: nothing is then read in vain. */
  async enter(folder: VfsPath, source: RulesSource, names?: ReadonlySet<string>): Promise<IgnoreRules> {
    const has = async (name: string): Promise<boolean> => names?.has(name) ?? (await source.exists(join(folder, name)))
    const read = async (name: string): Promise<Level[]> => levelOf(await source.read(join(folder, name)))
    const repository = await has('.git')
    const own = (await has(LAST_RULES_NAME)) ? await read(LAST_RULES_NAME) : []
    const outer = repository ? await read('.git/info/exclude') : this.#levels.map((level) => descend(level, this.#folder, folder))
    return new IgnoreRules(folder, [...own, ...outer])
  }

  /** For an entry of this folder; what an ignored folder holds is ignored with it. */
  ignores(name: string, isFolder: boolean): boolean {
    if (name === '.git') return true
    const text = bytesAsText(name)
    for (const { rules, prefix } of this.#levels) {
      const rule = rules.findLast((candidate) => speaksOf(candidate, prefix, text, isFolder))
      if (rule) return !rule.negated
    }
    return false
  }
}

const speaksOf = (rule: Rule, prefix: string, name: string, isFolder: boolean): boolean =>
  (isFolder || !rule.foldersOnly) && rule.matches(rule.anchored ? prefix + name : name)

const descend = (level: Level, from: VfsPath, to: VfsPath): Level =>
  from === to ? level : { rules: level.rules, prefix: `${level.prefix}${bytesAsText(to.slice(from === ROOT ? 1 : from.length + 1))}/` }

function levelOf(content: Uint8Array | undefined): Level[] {
  const rules = content ? parseRules(content) : []
  return rules.length > 0 ? [{ rules, prefix: '' }] : []
}

/** The rules of one file; a line that git could never match is dropped. */
function parseRules(content: Uint8Array): Rule[] {
  const text = Buffer.from(content.subarray(0, MAX_RULES_BYTES)).toString()
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line) => parseRule(line.replace(/\r$/, '')) ?? [])
}

function parseRule(line: string): Rule | undefined {
  if (line === '' || line.startsWith('#')) return undefined
  const trimmed = trimSpaces(line)
  const negated = trimmed.startsWith('!')
  const body = trimmed.slice(negated ? 1 : 0)
  const foldersOnly = body.endsWith('/')
  const pattern = foldersOnly ? body.slice(0, -1) : body
  const matcher = compilePattern(bytesAsText(pattern.replace(/^\//, '')))
  return matcher && pattern !== '' ? { matches: matcher, negated, foldersOnly, anchored: pattern.includes('/') } : undefined
}

/** Trailing spaces go, but not one behind a `\`. */
function trimSpaces(line: string): string {
  let end = 0
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++
    else if (line[at] === ' ') continue
    end = at + 1
  }
  return line.slice(0, end)
}

/** Git compares bytes: its `?` and `[…]` take one byte of a name in UTF-8. So a character stands for each byte. */
const bytesAsText = (text: string): string => (isAscii(text) ? text : Buffer.from(text).toString('latin1'))

// eslint-disable-next-line no-control-regex
const isAscii = (text: string): boolean => /^[\x00-\x7F]*$/.test(text)
