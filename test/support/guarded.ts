// A process that dies with an operation open: it has added a small and a large content, and says the CID of the small one.
import { bytesOf } from '../../src/core/bytes.ts'
import { openContentStore } from '../../src/content/store.ts'
import { noise } from './content.ts'

const content = await openContentStore({ folder: process.argv[2] ?? '' })
await content.guard()
const { cid } = await content.put(bytesOf('small'))
await content.put(noise(1 << 20))
process.stdout.write(`${cid}\n`)
setInterval(() => {}, 1000)
