// A gateway in a process of its own that stands still in the middle of a change of several parts, to be killed there.
import { join } from 'node:path'
import { LocalBackend } from '../../../backends/local/local.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const [, , folder = '', root = '', scenario = '', parts = ''] = process.argv
const local = (name: string): LocalBackend => new LocalBackend({ root: join(root, name), dataFolder: folder })
const it = await openTestVfs({ '/one': local('one'), '/two': local('two') }, { folder })

function freezeAfter(count: number): void {
  let seen = 0
  it.events.on('changed', ({ op }) => {
    if (scenario === 'cancelled' && op !== 'remove') return
    if (++seen < count) return
    process.stdout.write('frozen\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
}

/** Whose caller goes when two of its files are there. */
function cancelled(): Promise<unknown> {
  const caller = new AbortController()
  let copies = 0
  it.events.on('changed', ({ op }) => {
    if (op === 'copy' && ++copies === 2) caller.abort()
  })
  return it.vfs.copy(vfsPath('/one/tree'), vfsPath('/one/copied'), { ...call, recursive: true, signal: caller.signal })
}

const scenarios: Record<string, () => Promise<unknown>> = {
  copy: () => it.vfs.copy(vfsPath('/one/tree'), vfsPath('/one/copied'), { ...call, recursive: true }),
  cancelled,
  into: () => it.vfs.copyInto(vfsPath('/one/tree'), vfsPath('/two'), { ...call, concurrency: 1 }),
  move: () => it.vfs.move(vfsPath('/one/tree'), vfsPath('/two/moved'), { ...call, recursive: true }),
  mirror: () => it.vfs.mirror(vfsPath('/one/tree'), vfsPath('/two'), { ...call, delete: true }),
  undo: () => it.vfs.undo({ session: 'current' }, call),
}

if (scenario === 'undo') for (const name of ['a', 'b', 'c']) await it.write(`/one/tree/${name}`, 'changed')
await it.journal.settled()
freezeAfter(Number(parts))
await scenarios[scenario]?.()
throw new Error(`${scenario} had no ${parts} parts`)
