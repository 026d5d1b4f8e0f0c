// A gateway in a process of its own, whose writers each add one to shared counters, again and again.
import { randomUUID } from 'node:crypto'
import { LocalBackend } from '../../../backends/local/local.ts'
import { collect } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const [, , folder = '', root = '', files = '', writers = '', rounds = ''] = process.argv
const gateway = await openTestVfs({ '/': new LocalBackend({ root, dataFolder: folder }) }, { folder })
const { vfs } = gateway

/** Nothing but the etag holds others off: the session that writes has read nothing. */
async function add(index: number): Promise<void> {
  const path = vfsPath(`/${index}`)
  const file = await vfs.open(path, call)
  const count = Number.parseInt(Buffer.from(await collect(file.read(), 100)).toString(), 10)
  const content = Buffer.from(`${count + 1} ${randomUUID()}`) // so that no two writers want the same content
  await vfs.write(path, content, { actor: { ...call.actor, session: randomUUID() }, ifMatch: file.stat.etag })
}

async function writer(index: number): Promise<void> {
  for (let round = 0; round < Number(rounds);)
    try {
      await add((index + round) % Number(files))
      round++
    } catch (error) {
      if (!isCode(error, 'CONFLICT', 'BUSY')) throw error
    }
}

process.stdout.write('running\n')
await Promise.all(Array.from({ length: Number(writers) }, (_, index) => writer(index)))
await gateway[Symbol.asyncDispose]()
process.stdout.write('finished\n')
