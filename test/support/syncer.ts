import { syncGround } from './sync.ts'

/** A process that syncs a folder and tells each file that it has added, to be killed in the middle. */
const [root = ''] = process.argv.slice(2)
await using ground = await syncGround({ root })
await ground.toIpfs('/work', { onProgress: (_, files) => void process.stdout.write(`${files}\n`) })
process.stdout.write('done\n')
