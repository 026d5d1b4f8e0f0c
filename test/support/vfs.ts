import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { openContentStore } from '../../src/content/store.ts'
import type { Actor } from '../../src/core/actor.ts'
import type { Backend } from '../../src/core/backend.ts'
import { collect } from '../../src/core/bytes.ts'
import { EventBus } from '../../src/core/events.ts'
import { vfsPath } from '../../src/core/path.ts'
import { openJournal } from '../../src/journal/open.ts'
import { MountTable } from '../../src/vfs/mounts.ts'
import { Policy } from '../../src/vfs/policy.ts'
import type { MountSpec } from '../../src/vfs/types.ts'
import { MountedVfs } from '../../src/vfs/vfs.ts'

const me: Actor = { client: 'test', session: 's1', tool: 'test' }
export const call = { actor: me }
const BIG = 1 << 26

type Spec = Partial<Omit<MountSpec, 'path'>>

/** A VFS over a journal and a content store of its own, in a temporary folder that goes with it, unless one is given. */
export async function openTestVfs(mounts: Readonly<Record<string, Spec | Backend>>, rules: { deny?: string[]; readOnly?: boolean; folder?: string } = {}) {
  const folder = rules.folder ?? (await mkdtemp(join(tmpdir(), 'polymount-vfs-')))
  const table = new MountTable()
  const events = new EventBus()
  const content = await openContentStore({ folder })
  const journal = await openJournal({ folder, volumes: table, versions: content, takeBack: (change) => vfs.takeBack(change) })
  for (const [path, spec] of Object.entries(mounts)) {
    const { backend = new MemoryBackend(), name = 'test', ...rest } = 'stat' in spec ? { backend: spec } : spec
    table.add({ path: vfsPath(path), name, backend, ...rest })
  }
  const vfs = new MountedVfs({ table, policy: new Policy(rules), journal, versions: content, events })
  return {
    vfs,
    journal,
    table,
    events,
    folder,
    text: async (path: string): Promise<string> => Buffer.from(await collect((await vfs.open(vfsPath(path), call)).read(), BIG)).toString(),
    write: (path: string, words: string, options = {}) => vfs.write(vfsPath(path), Buffer.from(words), { ...call, ...options }),
    names: async (path: string): Promise<string[]> => (await Array.fromAsync(vfs.list(vfsPath(path), call))).map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await vfs[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
      await content[Symbol.asyncDispose]()
      if (rules.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

export type TestVfs = Awaited<ReturnType<typeof openTestVfs>>
