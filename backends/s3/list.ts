import type { Call, ListOptions } from '../../src/core/backend.ts'
import { compareNames } from '../../src/core/path.ts'
import type { Bucket, Facts, Page } from './bucket.ts'
import { pages } from './pages.ts'
import type { Pathless } from '../../src/core/pathless.ts'

export interface Child {
  readonly name: string
  /** Absent for a folder. */
  readonly facts?: Facts | undefined
}

interface ListingOptions extends Call {
  readonly after?: string | undefined
  /** The server lists folders that hold nothing any more: each is asked for. */
  readonly ghosts?: boolean | undefined
}

export interface ChildrenOptions extends ListingOptions {
  /** Learns of the keys that are left out. */
  readonly pathless: Pathless
  readonly onPathless?: ListOptions['onPathless']
}

const HELD = 1000 // names that wait for a folder before it is asked for
const ASKED_AT_ONCE = 16

/** What stands directly below a folder's key, in the order of names, as much at once as the storage tells at once. What no path can express is left out and told. */
export async function* children(bucket: Bucket, folder: string, { pathless, onPathless, ...options }: ChildrenOptions): AsyncGenerator<Child[]> {
  let last: string | undefined
  const leaveOut = (name: string): void => {
    pathless.add(folder + name)
    onPathless?.(name)
  }
  const isNext = (child: Child): boolean => {
    const isGood = isName(child.name) && child.name !== last
    if (isGood) last = child.name
    else leaveOut(keyOf(child))
    return isGood
  }
  for await (const some of inNameOrder(bucket, folder, options)) yield some.filter(isNext)
}

/**
 * The storage orders by keys, where a folder `a` is `a/` and so comes after `a-b`: a name with a character before "/" is held
 * back until no folder can come before it.
 */
async function* inNameOrder(bucket: Bucket, folder: string, options: ListingOptions): AsyncGenerator<Child[]> {
  const { after, signal } = options
  const held = new Held()
  for await (const some of inKeyOrder(bucket, folder, options)) {
    const ready: Child[] = []
    for (const child of some) {
      if (after !== undefined && compareNames(child.name, after) <= 0) continue
      held.add(child)
      if (held.size > HELD) await held.ask(async (name) => hasBelow(bucket, `${folder}${name}/`, { signal }))
      for (const each of held.ready(keyOf(child))) ready.push(each)
    }
    yield ready
  }
  yield held.all()
}

/** True if a key begins so. */
export async function hasBelow(bucket: Bucket, prefix: string, call: Call): Promise<boolean> {
  const { objects } = await bucket.page({ ...call, prefix, most: 1 })
  return objects.length > 0
}

/** Every object below a folder's key, itself too. */
export async function* everything(bucket: Bucket, folder: string, call: Call): AsyncGenerator<readonly Facts[]> {
  for await (const { objects } of pages(bucket, { ...call, prefix: folder })) yield objects
}

async function* inKeyOrder(bucket: Bucket, folder: string, { after, ghosts = false, signal }: ListingOptions): AsyncGenerator<Child[]> {
  const start = after === undefined || after === '' ? undefined : folder + after
  for await (const page of pages(bucket, { prefix: folder, delimiter: '/', after: start, signal }))
    yield merged(ghosts ? { ...page, prefixes: await alive(bucket, page.prefixes, { signal }) } : page, folder)
}

async function alive(bucket: Bucket, prefixes: readonly string[], call: Call): Promise<string[]> {
  const found: string[] = []
  for (let i = 0; i < prefixes.length; i += ASKED_AT_ONCE) {
    const some = prefixes.slice(i, i + ASKED_AT_ONCE)
    const held = await Promise.all(some.map((prefix) => hasBelow(bucket, prefix, call)))
    found.push(...some.filter((_, each) => held[each]))
  }
  return found
}

function merged({ objects, prefixes }: Page, folder: string): Child[] {
  const files = objects
    .filter(({ source, size }) => source.key !== folder || size > 0)
    .map((facts): Child => ({ name: facts.source.key.slice(folder.length), facts }))
  const folders = prefixes.map((prefix): Child => ({ name: prefix.slice(folder.length, -1) }))
  return [...files, ...folders].toSorted((a, b) => compareNames(keyOf(a), keyOf(b)))
}

/** False for what a key can hold and a path cannot. */
const isName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !name.includes('\0') && Buffer.byteLength(name) <= 255

const keyOf = ({ name, facts }: Child): string => (facts ? name : `${name}/`)

/** Names that wait, in order, because a folder that sorts before them may still come. */
class Held {
  #children: Child[] = []
  readonly #asked = new Set<string>()

  get size(): number {
    return this.#children.length
  }

  add(child: Child): void {
    if (!child.facts && this.#asked.has(child.name)) return // it is here already
    let at = this.#children.length
    while (at > 0 && compareNames(this.#children[at - 1]?.name ?? '', child.name) > 0) at--
    this.#children.splice(at, 0, child)
  }

  /** Asks for the folder that the first of them waits for. */
  async ask(exists: (name: string) => Promise<boolean>): Promise<void> {
    const [first] = this.#children
    const name = first && this.#waitsFor(first, '')[0]
    if (name === undefined) return
    if (await exists(name)) this.add({ name })
    this.#asked.add(name)
  }

  /** Those that nothing can come before any more, once the listing has reached this key. */
  ready(reached: string): Child[] {
    const stop = this.#children.findIndex((child) => this.#waitsFor(child, reached).length > 0)
    return this.#children.splice(0, stop === -1 ? this.#children.length : stop)
  }

  all(): Child[] {
    return this.#children.splice(0)
  }

  /** Names of folders before this child whose keys the listing has not reached. */
  #waitsFor({ name }: Child, reached: string): string[] {
    const names: string[] = []
    for (let i = 1; i < name.length; i++) {
      const folder = name.slice(0, i)
      if (name.charCodeAt(i) < 0x2f && compareNames(`${folder}/`, reached) > 0 && !this.#asked.has(folder)) names.push(folder)
    }
    return names
  }
}
