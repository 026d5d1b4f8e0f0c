// A process that goes through a folder of a bucket, as a gateway reaches it, and tells how many names it has seen.
import { BACKENDS } from '../../backends/all.ts'
import { openS3 } from '../../backends/s3/s3.ts'
import { vfsPath } from '../../src/core/path.ts'
import { layersOf } from '../../src/layers/usual.ts'
import { ContentMemory } from '../../src/layers/pages.ts'
import { stack } from '../../src/layers/stack.ts'

const [, , endpoint = '', folder = '/'] = process.argv
const options = { bucket: 'bucket', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }
const backend = stack(await openS3(options), layersOf(BACKENDS['s3']!.usual, {}, new ContentMemory(64 << 20)))
let count = 0
for await (const _ of backend.list(vfsPath(folder))) count++
process.stdout.write(`${count}\n`)
await backend[Symbol.asyncDispose]()
