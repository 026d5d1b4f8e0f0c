import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Actor } from '../../src/core/actor.ts'
import type { Backend } from '../../src/core/backend.ts'
import { collect } from '../../src/core/bytes.ts'
import { rawCid } from '../../src/core/cid.ts'
import { type VfsPath, vfsPath } from '../../src/core/path.ts'
import { openJournal } from '../../src/journal/open.ts'
import type { Intent, Journal, Place, Snapshot, TakeBack, VersionStore, Volumes } from '../../src/journal/types.ts'

export const actor: Actor = { client: 'test', clientVersion: '1.0', session: 's1', tool: 'vfs_write' }

export const place = (inner: string, volume = 'local:test'): Place => ({ volume, inner, shown: inner as VfsPath })

export const file = (etag: string, size = 1, cid?: string): Snapshot => ({ kind: 'file', etag, size, ...(cid !== undefined && { cid }) })

export const writing = (inner: string, rest: Partial<Intent> = {}): Intent => ({ kind: 'write', place: place(inner), actor, before: null, ...rest })

/** Serves backends by their volumes. */
export const serving = (...backends: readonly Backend[]): Volumes => ({
  resolve(volume, inner) {
    const backend = backends.find((each) => each.volume === volume)
    const path = backend?.find(inner)
    return backend && path !== undefined ? { backend, path: vfsPath(path) } : undefined
  },
})

/** Names contents up to one leaf by their CID, and stores nothing. */
export const hashes: Pick<VersionStore, 'put'> = {
  async put(content) {
    const bytes = await collect(content, 1 << 20)
    return { cid: rawCid(bytes), size: bytes.length }
  },
}

export async function temporaryFolder(): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-journal-'))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

export const open = (folder: string, { volumes = serving(), takeBack }: { volumes?: Volumes; takeBack?: TakeBack } = {}): Promise<Journal> =>
  openJournal({ folder, volumes, versions: hashes, takeBack })

/** A journal in a folder of its own that goes with it. */
export async function freshJournal(
  options: { volumes?: Volumes; takeBack?: TakeBack } = {},
): Promise<{ readonly journal: Journal; readonly folder: string } & AsyncDisposable> {
  const { folder, ...rest } = await temporaryFolder()
  const journal = await open(folder, options)
  return {
    journal,
    folder,
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]()
      await rest[Symbol.asyncDispose]()
    },
  }
}
