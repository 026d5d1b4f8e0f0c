import type { NonSharedBuffer } from 'node:buffer'
import type { Bytes, Call, Glance, Precondition, Range } from '../../src/core/backend.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { Disk, Opened } from './disk.ts'
import { fault, isErrno, refusal } from './errors.ts'
import { sameContentTime } from './facts.ts'
import { readAsync, readWhole, SMALL } from './io.ts'

const CHUNK = 1024 * 1024

type ReadOptions = Call & Range & Pick<Precondition, 'ifMatch'>

/** With ifMatch every byte is of that content: a file that is changed in place meanwhile ends in CONFLICT. */
export async function* read(disk: Disk, path: VfsPath, options: ReadOptions): Bytes {
  try {
    using opened = openFor(disk, path, options)
    const { offset = 0, length = Infinity, ifMatch, signal } = options
    const end = Math.min(offset + length, opened.facts.size)
    if (offset >= end) return
    if (end - offset <= SMALL) {
      yield small(disk, path, opened, options, end)
      return
    }
    for await (const part of chunks(opened.fd, offset, end, { signal, reuse: options.reuse })) {
      if (ifMatch !== undefined) unchanged(disk, path, opened)
      yield part
    }
  } catch (error) {
    throw isErrno(error, 'ENOENT') && isLink(disk, path)
      ? refusal('NOT_FOUND', 'read', path, 'is a link that leads nowhere', error)
      : fault(error, 'read', path)
  }
}

/** False too where nobody can say. */
function isLink(disk: Disk, path: VfsPath): boolean {
  try {
    using place = disk.resolver.place(path)
    return disk.look(place)?.kind === 'link'
  } catch {
    return false
  }
}

/** A small file, opened once for both. Undefined for all else, and for a file that is changed in this moment. */
export function glance(disk: Disk, path: VfsPath, atMost: number): Glance | undefined {
  using opened = openable(disk, path)
  if (!opened || opened.facts.size > Math.min(atMost, SMALL)) return undefined
  const content = readWhole(opened.fd, opened.facts.size)
  if (content.length < opened.facts.size || !sameContentTime(opened.facts, disk.measure.opened(opened.fd))) return undefined
  return { stat: disk.told(opened.facts, disk.etags.seen(opened.facts, content)), content }
}

/** Undefined for what is no file, or may not be read; whoever looks at it tells why. */
function openable(disk: Disk, path: VfsPath): Opened | undefined {
  try {
    const { spot, found } = disk.resolver.follow(path, (at) => disk.open('read', path, at))
    spot[Symbol.dispose]()
    return found
  } catch {
    return undefined
  }
}

function openFor(disk: Disk, path: VfsPath, { ifMatch, signal }: ReadOptions): Opened {
  throwIfAborted(signal, 'read')
  const { spot, found: opened } = disk.resolver.follow(path, (at) => disk.open('read', path, at))
  using _ = spot
  if (ifMatch === undefined || ifMatch === '*' || disk.matches(opened, ifMatch)) return opened
  opened[Symbol.dispose]()
  throw refusal('CONFLICT', 'read', path, `is not at ${ifMatch} any more`)
}

function small(disk: Disk, path: VfsPath, opened: Opened, { offset = 0, ifMatch }: ReadOptions, end: number): Uint8Array {
  const content = readWhole(opened.fd, end - offset, offset)
  if (ifMatch !== undefined) unchanged(disk, path, opened)
  if (content.length === opened.facts.size) disk.etags.seen(opened.facts, content)
  return content
}

function unchanged(disk: Disk, path: VfsPath, opened: Opened): void {
  if (!sameContentTime(opened.facts, disk.measure.opened(opened.fd))) throw refusal('CONFLICT', 'read', path, 'was changed while it was read')
}

/** Asks for the next chunk while the last one is used: to reuse takes two buffers, which are let go by hand, since the collector comes late. */
export async function* chunks(fd: number, offset: number, end: number, { signal, reuse = false }: Pick<ReadOptions, 'signal' | 'reuse'> = {}): Bytes {
  const used: NonSharedBuffer[] = []
  const ask = (at: number): ReturnType<typeof readAsync> | undefined => {
    if (at >= end) return undefined
    const buffer = (used.length < 2 ? undefined : used.shift()) ?? Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at))
    if (reuse) used.push(buffer)
    return readAsync(fd, buffer, 0, Math.min(buffer.length, end - at), at)
  }
  let next = ask(offset)
  try {
    for (let at = offset; next;) {
      const { bytesRead, buffer } = await next
      at += bytesRead
      next = bytesRead > 0 ? ask(at) : undefined
      throwIfAborted(signal, 'read')
      if (bytesRead > 0) yield (buffer as Uint8Array).subarray(0, bytesRead)
    }
    for (const { buffer } of used) buffer.transfer(0)
  } finally {
    // The descriptor may be closed only when no read is under way.
    await next?.catch(() => undefined)
  }
}
