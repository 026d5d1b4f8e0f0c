// A gateway in a process of its own that makes each given change (`<scenario>@<moment>`) up to a moment of what it asks of its
// storage, and waits there to be killed.
import { link, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { type VfsPath, vfsPath } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import type { MountSpec } from '../../../src/vfs/types.ts'
import { openNode } from '../../support/content.ts'
import { type Reach, stopping } from '../../support/stopping.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const LARGE = 100_000 // bytes: more than the journal keeps by itself
const HUGE = 17 * 1024 * 1024 // bytes: more than is read in order to be kept
const EARLIER = { actor: { ...call.actor, session: 'earlier' } }

const [, , folder = '', root = '', ...wanted] = process.argv
const { node } = await openNode(folder)
const storages: Readonly<Record<string, Backend>> = { local: new LocalBackend({ root, dataFolder: folder }), mfs: new MfsBackend(node) }
const { vfs, table, journal } = await openTestVfs({}, { folder })

interface Scenario {
  /** Where it plays: `/<storage>/<scenario>@<moment>`, a mount of its own. */
  readonly at: (path: string) => VfsPath
  /** The same folder on the disk. */
  readonly disk: string
}

const scenarios: Readonly<Record<string, (it: Scenario) => Promise<unknown>>> = {
  create: ({ at }) => vfs.write(at('/new'), Buffer.from('new'), call),
  overwrite: ({ at }) => vfs.write(at('/f'), Buffer.from('new'), call),
  append: ({ at }) => vfs.write(at('/f'), Buffer.from('new'), { ...call, append: true }),
  stream: ({ at }) => vfs.write(at('/f'), Buffer.alloc(LARGE, 'n'), call),
  large: ({ at }) => vfs.write(at('/f'), Buffer.from('new'), call),
  huge: ({ at }) => vfs.write(at('/f'), Buffer.from('new'), call),
  parents: ({ at }) => vfs.write(at('/x/y/f'), Buffer.from('new'), { ...call, parents: true }),
  mkdir: ({ at }) => vfs.mkdir(at('/made'), call),
  remove: ({ at }) => vfs.remove(at('/f'), call),
  removeFolder: ({ at }) => vfs.remove(at('/d'), { ...call, recursive: true }),
  erase: ({ at }) => vfs.remove(at('/f'), call),
  eraseFolder: ({ at }) => vfs.remove(at('/d'), { ...call, recursive: true }),
  move: ({ at }) => vfs.move(at('/f'), at('/moved'), call),
  moveFolder: ({ at }) => vfs.move(at('/d'), at('/moved'), call),
  halfMove: ({ at }) => vfs.move(at('/f'), at('/moved'), call),
  copy: ({ at }) => vfs.copy(at('/f'), at('/copied'), call),
  copyOver: ({ at }) => vfs.copy(at('/f'), at('/d/inside'), { ...call, overwrite: true }),
  graft: async ({ at }) => vfs.graft(at('/d'), (await vfs.stat(at('/f'), call)).cid ?? '', call),
  back: ({ at }) => vfs.undo({ path: at('/f'), since: new Date(0) }, call),
  mirror: ({ at }) => vfs.mirror(at('/d'), at('/t'), call),
}

/** What was there before: nothing of it stops. */
const earlier: Readonly<Record<string, (it: Scenario) => Promise<unknown>>> = {
  large: ({ at }) => vfs.write(at('/f'), Buffer.alloc(LARGE, 'l'), EARLIER),
  huge: ({ disk }) => truncate(join(disk, 'f'), HUGE),
  back: ({ at }) => vfs.remove(at('/f'), EARLIER),
}

/** How the mounts of some differ. */
const special: Readonly<Record<string, (backend: Backend) => Partial<MountSpec>>> = {
  erase: () => ({ versions: 'off' }),
  eraseFolder: () => ({ versions: 'off' }),
  halfMove: (backend) => ({ backend: forward(backend, { rename: (from, to) => link(join(root, from), join(root, to)) }) }), // half of what it does for a file
}

async function play(each: string): Promise<void> {
  const [storage = '', name = '', moment = ''] = each.split(/[/@]/)
  const backend = storages[storage]
  if (!backend) throw new Error(`there is no storage for ${each}`)
  const place = vfsPath(`/${name}@${moment}`)
  await prepare(backend, place)
  const it: Scenario = { at: (path) => vfsPath(`/${each}${path}`), disk: join(root, place) }
  const mount: MountSpec = { path: vfsPath(`/${each}`), name: each, root: place, backend, ...special[name]?.(backend) }
  table.add(mount)
  await earlier[name]?.(it)
  const reach = reacher(each, moment)
  table.replace({ ...mount, backend: stopping(mount.backend, reach) })
  await scenarios[name]?.(it)
  await journal.settled()
  await reach('answered')
  throw new Error(`${each} was never reached`)
}

async function prepare(backend: Backend, place: VfsPath): Promise<void> {
  for (const path of ['', '/d']) await backend.mkdir(vfsPath(`${place}${path}`))
  for (const [path, content] of [
    ['/f', 'old'],
    ['/d/inside', 'kept'],
  ] as const)
    await backend.write(vfsPath(`${place}${path}`), bytesOf(content))
}

/** Tells every moment, by a name of its own, and stands still at the wanted one. */
function reacher(each: string, wantedMoment: string): Reach {
  const times = new Map<string, number>()
  return async (what) => {
    const time = (times.get(what) ?? 0) + 1
    times.set(what, time)
    const moment = time === 1 ? what : `${what}-${time}`
    process.stdout.write(`${each} ${moment}\n`)
    if (moment === wantedMoment) await new Promise(() => setInterval(() => {}, 1000))
  }
}

await Promise.all(wanted.map(play))
