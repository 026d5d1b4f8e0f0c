// A process in the middle of an add, which never ends.
import { openContentStore } from '../../src/content/store.ts'
import { noise } from './content.ts'

const content = await openContentStore({ folder: process.argv[2] ?? '' })

async function* endless() {
  yield* noise(5 << 20)
  process.stdout.write('reached\n')
  await new Promise(() => setInterval(() => {}, 1000))
}

await content.put(endless())
