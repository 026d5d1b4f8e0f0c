import type { Bytes, Call, Entry, Glance, ListOptions, Precondition, Range, Stat } from '../../src/core/backend.ts'
import { isCode, throwIfAborted } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { Current } from './current.ts'
import type { Disk } from './disk.ts'
import { fault, ifThere, told, Refused } from './errors.ts'
import type { Facts } from './facts.ts'
import { list } from './list.ts'
import { glance, read } from './read.ts'
import type { Spot } from './resolve.ts'

/** Reading of one root: the served one, or the trash. */
export class View {
  readonly #disk: Disk

  constructor(disk: Disk) {
    this.#disk = disk
  }

  stat(path: VfsPath, { signal }: Call = {}): Promise<Stat> {
    return told('stat', path, async () => {
      throwIfAborted(signal, 'stat')
      using itself = this.#disk.resolver.place(path)
      const facts = this.#disk.measure.at(itself.at)
      const target = facts.kind === 'link' ? this.#target(path) : undefined
      if (!target) return await this.#disk.stat('stat', path, itself, facts, signal)
      using spot = target.spot
      return await this.#disk.stat('stat', path, spot, target.found, signal)
    })
  }

  /** Whatever is no small file that can be opened is only looked at. */
  glance(path: VfsPath, { atMost, signal }: Call & { readonly atMost: number }): Promise<Glance> {
    return told('stat', path, () => {
      throwIfAborted(signal, 'stat')
      return glance(this.#disk, path, atMost) ?? this.stat(path, { signal }).then((stat) => ({ stat }))
    })
  }

  /** A link is known by the etag of what it leads to, and by its own, which lists give. */
  matches(path: VfsPath, etag: string, { signal }: Call = {}): Promise<boolean> {
    return told('stat', path, () => {
      throwIfAborted(signal, 'stat')
      using target = this.#target(path)?.spot
      if (target && this.#holds(target, etag)) return true
      using place = ifThere(() => this.#disk.resolver.place(path))
      return place !== undefined && this.#holds(place, etag)
    })
  }

  list(path: VfsPath, options: ListOptions = {}): AsyncIterable<Entry> {
    return list(this.#disk, path, options)
  }

  read(path: VfsPath, options: Call & Range & Pick<Precondition, 'ifMatch'> = {}): Bytes {
    return read(this.#disk, path, options)
  }

  #holds(spot: Spot, etag: string): boolean {
    using current = new Current(this.#disk, spot)
    return current.matches(etag)
  }

  /** Undefined for a link that leads nowhere, round in a circle or outside: then the link itself is what stands there. */
  #target(path: VfsPath): { readonly spot: Spot; readonly found: Facts } | undefined {
    try {
      return this.#disk.resolver.follow(path, (spot) => {
        const facts = this.#disk.measure.at(spot.at)
        if (facts.kind === 'link') throw new Refused('ELOOP')
        return facts
      })
    } catch (error) {
      const failed = fault(error, 'stat', path)
      if (isCode(failed, 'NOT_FOUND', 'NOT_DIRECTORY', 'OUTSIDE_ROOT', 'LINK_LOOP')) return undefined
      throw failed
    }
  }
}
