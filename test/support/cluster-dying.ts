// Changes a tree at a cluster, under a journal, and is killed on the way: `<api> <api of the peer's Kubo> <data folder> <name> <verb>`.
import { vfsPath as p } from '../../src/core/path.ts'
import { clusterAlone } from './cluster-alone.ts'
import { call, openTestVfs, type TestVfs } from './vfs.ts'

const VERBS: Readonly<Record<string, (t: TestVfs) => Promise<unknown>>> = {
  replace: (t) => t.write('/c/f', 'after'),
  add: (t) => t.write('/c/g', 'new'),
  copy: (t) => t.vfs.copy(p('/c/f'), p('/c/g'), call),
  move: (t) => t.vfs.move(p('/c/f'), p('/c/g'), call),
  remove: (t) => t.vfs.remove(p('/c/f'), call),
  mkdir: (t) => t.vfs.mkdir(p('/c/d'), call),
}

const [api = '', kubo = '', folder = '', name = '', verb = ''] = process.argv.slice(2)
await using backend = await clusterAlone({ api, peers: [{ kubo: { url: kubo } }] }, { name, folder })
await using t = await openTestVfs({ '/c': backend }, { folder })
await VERBS[verb]?.(t)
process.stdout.write('done\n')
