import { readlinkSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Entry, ListOptions } from '../../src/core/backend.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import { compareNames, type VfsPath } from '../../src/core/path.ts'
import type { Disk } from './disk.ts'
import { fault, isErrno } from './errors.ts'
import type { Folder } from './folder.ts'
import { lossy } from './names.ts'
import type { Named, Special } from './names-in.ts'

const AT_ONCE = 500 // entries looked at before others get their turn: about 2 ms

export async function* list(disk: Disk, path: VfsPath, { after, details = false, onSpecial, signal }: ListOptions): AsyncIterable<Entry> {
  try {
    throwIfAborted(signal, 'list')
    using folder = disk.resolver.enter(path)
    const names = await disk.names.of(folder)
    const secret = disk.secret.nameIn(folder)
    for (let i = firstAfter(names, after), n = 1; i < names.length; i++, n++) {
      if (n % AT_ONCE === 0) await breathe()
      throwIfAborted(signal, 'list')
      const named = names[i]
      if (!named || named.name === secret) continue
      const found = details ? await detailed(disk, folder, named, signal) : named
      if (found?.kind === 'special') onSpecial?.(found.name)
      else if (found) yield linked(found, folder)
    }
  } catch (error) {
    throw fault(error, 'list', path)
  }
}

/** Undefined if it has gone since. */
async function detailed(disk: Disk, folder: Folder, { name }: Pick<Named, 'name'>, signal: AbortSignal | undefined): Promise<Entry | Special | undefined> {
  try {
    const look = (): ReturnType<typeof disk.measure.at> => disk.measure.at(folder.at(name))
    const first = look()
    if (first.kind === 'special') return { name, kind: 'special' } // whose times may never rest
    const quick = disk.etags.quick(first)
    // Waiting for the youngest file makes all others old enough, which hashing each would not.
    const { facts, etag } = quick === undefined ? await disk.etags.of(look, () => undefined, signal) : { facts: first, etag: quick }
    return facts.kind === 'special' ? { name, kind: 'special' } : { name, ...disk.told(facts, etag) }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

const linked = (entry: Entry, folder: Folder): Entry => (entry.kind === 'link' ? { ...entry, target: relativeTarget(folder.at(entry.name)) } : entry)

/** Undefined for one that is absolute, that no text can hold, or that has gone since. */
function relativeTarget(at: string | Buffer): string | undefined {
  try {
    const text = readlinkSync(at)
    return text.startsWith('/') || lossy(text) ? undefined : text
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EINVAL')) return undefined
    throw error
  }
}

/** Index of the first name that comes after this one. */
function firstAfter(names: readonly Named[], after: string | undefined): number {
  if (after === undefined) return 0
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNames(names[middle]?.name ?? '', after) > 0) high = middle
    else low = middle + 1
  }
  return low
}
