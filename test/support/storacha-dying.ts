// Writes to a space and stands still for ever at one of its requests, to be killed there: `<json of how to open it> <which>`.
import type { StorachaOptions } from '../../backends/storacha/storacha.ts'
import { openContentStore } from '../../src/content/store.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { vfsPath } from '../../src/core/path.ts'

const [options = '', which = '1'] = process.argv.slice(2)
let left = Infinity
const { fetch } = globalThis
globalThis.fetch = (...request) => {
  if (--left > 0) return fetch(...request)
  process.stdout.write('frozen\n')
  setInterval(() => {}, 60_000)
  return new Promise(() => {})
}

const { openStoracha } = await import('../../backends/storacha/storacha.ts') // takes the `fetch` of now
const opened = JSON.parse(options) as StorachaOptions
const content = await openContentStore({ folder: opened.dataFolder })
await using backend = await openStoracha({ ...opened, content })
await backend.write(vfsPath('/f'), bytesOf('one'))
left = Number(which)
await backend.write(vfsPath('/f'), bytesOf('two'))
process.stdout.write('written\n')
await content[Symbol.asyncDispose]()
