// A gateway in a process of its own that makes each change of a list and answers; what it flushes meanwhile is watched from outside.
import { join } from 'node:path'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { openNode } from '../../support/content.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const [, , root = ''] = process.argv
await using node = await openNode(join(root, '../node'))
await using it = await openTestVfs({ '/work': new LocalBackend({ root }), '/mfs': new MfsBackend(node.node) })
const { vfs } = it
const at = (name: string): ReturnType<typeof vfsPath> => vfsPath(`/work/${name}`)

const changes: Readonly<Record<string, () => Promise<unknown>>> = {
  first: () => vfs.remove(at('first'), call), // registers the process and makes the trash
  replace: () => vfs.write(at('f'), Buffer.from('new'), call),
  create: () => vfs.write(at('created'), Buffer.from('new'), call),
  large: () => vfs.write(at('large'), Buffer.from('new'), call),
  remove: () => vfs.remove(at('removed'), call),
  move: () => vfs.move(at('moved'), at('folder/moved'), call),
  mkdir: () => vfs.mkdir(at('made'), call),
  'first of IPFS': () => vfs.mkdir(vfsPath('/mfs/folder'), call),
  IPFS: () => vfs.write(vfsPath('/mfs/folder/created'), Buffer.from('new'), call),
}

for (const [name, change] of Object.entries(changes)) {
  process.stdout.write(`asked ${name}\n`)
  await change()
  process.stdout.write(`answered ${name}\n`)
  await it.journal.settled()
}
