import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { NamedNode } from '../../content/types.ts'
import type { IpfsNode } from '../types.ts'
import { isName } from '../view.ts'

const MAX_ENTRIES = 1_000_000
const MAX_PATH_BYTES = 4096

/** A folder with all below it, a folder that stands in it twice counted twice. */
export interface Survey {
  readonly entries: number
  readonly links: number
  /** Bytes of the longest path in it. */
  readonly longest: number
}

/**
 * Looks at a whole tree before any of it is written. Rejects INVALID_PATH for names that are none (`..`, `a/b`, two of a kind)
 * and for what no disk can hold: some blocks can name a tree without end, each folder the same one twice.
 */
export async function survey(node: Pick<IpfsNode, 'list'>, root: string, call: Call = {}): Promise<Survey> {
  const known = new Map<string, Survey>()
  const look = async (folder: string, depth: number): Promise<Survey> => {
    const before = known.get(folder)
    if (before) return before
    if (depth > MAX_PATH_BYTES / 2) throw refused(root, 'has folders nested too deeply')
    const total = { entries: 0, links: 0, longest: 0 }
    let last: string | undefined
    for await (const entry of node.list(folder, call)) {
      check(root, entry, last)
      add(total, entry, entry.kind === 'directory' ? await look(entry.cid, depth + 1) : undefined)
      if (total.entries > MAX_ENTRIES) throw refused(root, `has more than ${MAX_ENTRIES} entries`)
      if (total.longest > MAX_PATH_BYTES) throw refused(root, `has paths longer than ${MAX_PATH_BYTES} bytes`)
      last = entry.name
    }
    known.set(folder, total)
    return total
  }
  return look(root, 0)
}

/** Of files and folders, depth first, links left out. */
export async function* pathsBelow(node: Pick<IpfsNode, 'list'>, folder: string, call: Call = {}): AsyncGenerator<string> {
  for await (const { name, cid, kind } of node.list(folder, call)) {
    if (kind === 'link') continue
    yield name
    if (kind === 'directory') for await (const path of pathsBelow(node, cid, call)) yield `${name}/${path}`
  }
}

function check(root: string, { name }: NamedNode, last: string | undefined): void {
  const shown = JSON.stringify(name.toWellFormed().slice(0, 100))
  if (!isName(name)) throw refused(root, `has an entry called ${shown}, which is no name of a file`)
  if (name === last) throw refused(root, `has two entries called ${shown}`)
}

function add(total: { -readonly [K in keyof Survey]: number }, { name, kind }: NamedNode, below: Survey | undefined): void {
  total.entries += 1 + (below?.entries ?? 0)
  total.links += below?.links ?? (kind === 'link' ? 1 : 0)
  total.longest = Math.max(total.longest, 1 + Buffer.byteLength(name) + (below?.longest ?? 0))
}

const refused = (root: string, why: string): VfsError =>
  new VfsError('INVALID_PATH', `${root} ${why}; nothing was written`, { hint: 'Get the parts that you need one by one, or all of it with format=car.' })
