import { z } from 'zod'
import type { Bytes } from '../../src/core/backend.ts'
import { type Category, CODES } from '../../src/core/codes.ts'
import { isCode, VfsError } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { Storages } from '../../src/storages/types.ts'
import type { Changed, Copy, Failure, Stored, Vfs, VfsCall, WriteCall } from '../../src/vfs/types.ts'
import { failures, failureOf } from '../failures.ts'
import { innerOf, keyPath, pathAgain, pathOf } from './keys.ts'

const MOST = 15

export const replicas = z.array(z.string()).max(MOST).default([]).describe('Storages to hold it too')

/** What is told of a retrieval that another place than the one asked served. */
export const served = z.strictObject({
  served_by: z.string().optional().describe('The replica, where the key itself could not be read'),
  repaired: z.boolean().optional(),
  failed: failures.optional(),
})

/** Where a file may be gone, or its storage: of what it is asked wrongly, another storage knows no better. */
const LOST: ReadonlySet<Category> = new Set(['storage', 'service', 'content', 'ipfs'])
const isLost = (error: unknown): error is VfsError => error instanceof VfsError && (error.code === 'NOT_FOUND' || LOST.has(CODES[error.code].category))

type Read<T> = (path: VfsPath, copy?: Copy) => Promise<T>

/** Content that stands in several storages. */
export class Replicas {
  readonly #storages: Storages
  readonly #vfs: Vfs

  constructor(storages: Storages, vfs: Vfs) {
    this.#storages = storages
    this.#vfs = vfs
  }

  /** A storage that cannot be opened is one that failed; one that does not exist is a mistake. */
  async store(at: VfsPath, names: readonly string[], key: string, content: Bytes | Uint8Array, call: WriteCall): Promise<Stored> {
    const failed: Failure[] = []
    const others: VfsPath[] = []
    for (const name of names) {
      const path = await pathOf(this.#storages, this.#vfs, name, key).catch((error: unknown) => {
        if (!isLost(error)) throw error
        failed.push({ path: keyPath(name, key), code: error.code, message: error.message })
      })
      if (path !== undefined) others.push(path)
    }
    if (new Set([at, ...others]).size <= others.length) throw new VfsError('INVALID_ARGUMENT', 'replicas: one storage is named twice')
    const stored = await this.#vfs.copies.store(at, others, content, call)
    return { ...stored, failed: [...failed, ...stored.failed] }
  }

  /** Reads a key, or a copy of it where it is lost; one that is gone or damaged is put back. `read` gets what is known of what it reads, and rejects CONFLICT or CONTENT_DAMAGED where it is not that. */
  async read<T extends object>(name: string, key: string, call: VfsCall, read: Read<T>): Promise<T & z.input<typeof served>> {
    let at: VfsPath | undefined
    try {
      at = await pathOf(this.#storages, this.#vfs, name, key)
      return await read(at, await this.#vfs.copies.stored(at, call))
    } catch (error) {
      if (!isLost(error)) throw error
      const copies = at === undefined ? await this.#unopened(name, key, call) : await this.#vfs.copies.of(at, call)
      return this.#readCopy(at ?? keyPath(name, key), copies, error, call, read)
    }
  }

  /** Removes a file and its copies. */
  async remove(at: VfsPath, call: VfsCall & { readonly ifMatch?: string | undefined }): Promise<Changed> {
    const copies = await Promise.all((await this.#vfs.copies.of(at, call)).map((copy) => this.#again(copy)))
    return copies.length > 0 ? this.#vfs.copies.remove(at, copies, call) : this.#vfs.remove(at, call)
  }

  async #readCopy<T extends object>(at: VfsPath, copies: readonly Copy[], lost: VfsError, call: VfsCall, read: Read<T>): Promise<T & z.input<typeof served>> {
    const failed = [failureOf({ path: at, code: lost.code, message: lost.message })]
    for (const copy of copies) {
      try {
        const again = await this.#again(copy)
        const found = await read(again.path, again)
        const repaired = await this.#repair(at, again.path, lost, call)
        return { ...found, served_by: again.path, repaired, failed }
      } catch (error) {
        if (!(error instanceof VfsError) || error.code === 'CANCELLED') throw error
        failed.push(failureOf({ path: copy.path, code: error.code, message: error.message }))
      }
    }
    throw lost
  }

  #unopened(name: string, key: string, call: VfsCall): Promise<readonly Copy[]> {
    return this.#vfs.copies.ofUnopened(name, innerOf(key), keyPath(name, key), call)
  }

  /** False where it could not be, or where nobody knows what stands there: its storage does not answer, or not just now. */
  async #repair(at: VfsPath, from: VfsPath, lost: VfsError, call: VfsCall): Promise<boolean> {
    if (!isCode(lost, 'NOT_FOUND', 'CONTENT_DAMAGED')) return false
    try {
      await this.#vfs.copies.repair(at, from, call)
      return true
    } catch (error) {
      if (!(error instanceof VfsError) || isCode(error, 'CANCELLED')) throw error
      return false
    }
  }

  async #again(copy: Copy): Promise<Copy> {
    return { ...copy, path: await pathAgain(this.#storages, this.#vfs, copy.path) }
  }
}
