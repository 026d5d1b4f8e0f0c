// Writes to a tree at a cluster, under a journal, and is killed on the way: `<api> <api of the peer's Kubo> <data folder> <name>`.
import { clusterAlone } from './cluster-alone.ts'
import { openTestVfs } from './vfs.ts'

const [api = '', kubo = '', folder = '', name = ''] = process.argv.slice(2)
await using backend = await clusterAlone({ api, peers: [{ kubo: { url: kubo } }] }, { name, folder })
await using t = await openTestVfs({ '/c': backend }, { folder })
await t.write('/c/f', 'after')
process.stdout.write('written\n')
