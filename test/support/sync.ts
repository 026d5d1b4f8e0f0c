import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { LocalBackend } from '../../backends/local/local.ts'
import { IpfsBackend } from '../../backends/ipfs/ipfs.ts'
import type { Backend } from '../../src/core/backend.ts'
import { below, type VfsPath, vfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { FolderSync } from '../../src/sync/sync.ts'
import type { SyncCall, Synced } from '../../src/sync/types.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { openNode } from './content.ts'
import { call, openTestVfs, type TestVfs } from './vfs.ts'

export interface SyncGround extends TestVfs {
  readonly node: IpfsNode
  /** Of `/work` on the disk. */
  readonly work: string
  readonly sync: FolderSync
  readonly toIpfs: (path?: string, options?: Partial<SyncCall>) => Promise<Synced>
  /** The CID that adding the folder anew gives. */
  readonly added: (path?: string) => Promise<string>
}

export interface GroundOptions {
  /** Of an earlier ground, whose data folder and files are used again. */
  readonly root?: string
  readonly mounts?: Readonly<Record<string, Backend>>
  readonly node?: IpfsNode
}

/** A folder of the disk at `/work`, a node, and the sync between them. */
export async function syncGround({ root, mounts = {}, node: given }: GroundOptions = {}): Promise<SyncGround> {
  const ground = new AsyncDisposableStack()
  const top = root ?? (await mkdtemp(join(tmpdir(), 'polymount-sync-')))
  if (root === undefined) ground.defer(() => rm(top, { recursive: true, force: true }))
  const [folder, work] = [join(top, 'data'), join(top, 'work')]
  for (const each of [folder, work]) await mkdir(each, { recursive: true })
  const node = given ?? ground.use(await openNode(folder)).node
  const opened = ground.use(await openTestVfs({ '/work': new LocalBackend({ root: work }), '/ipfs': new IpfsBackend(node), ...mounts }, { folder }))
  const sync = ground.use(new FolderSync({ folder, vfs: opened.vfs, node }))
  return {
    ...opened,
    node,
    work,
    sync,
    toIpfs: (path = '/work', options = {}) => sync.toIpfs(vfsPath(path), { ...call, ...options }),
    added: (path = '/work') => addedAnew(opened.vfs, node, vfsPath(path)),
    [Symbol.asyncDispose]: () => ground.disposeAsync(),
  }
}

async function addedAnew(vfs: Vfs, node: IpfsNode, top: VfsPath): Promise<string> {
  const sources = async function* () {
    for await (const { path, kind } of vfs.walk(top, { ...call, ignored: true })) {
      const relative = below(top, path).slice(1)
      if (kind === 'directory') yield { path: relative }
      else if (kind === 'file') yield { path: relative, content: (await vfs.open(path, call)).read() }
    }
  }
  const entries = await Array.fromAsync(node.addTree(sources()))
  return entries.at(-1)?.cid ?? ''
}

/** Files by their paths below a folder of the disk. */
export async function plant(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
}

/** So many small files, a hundred in each folder. */
export const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`d${Math.floor(i / 100)}/f${i}`, `file ${i}`]))
