// A gateway in a process of its own, whose writers each add one to shared counters, again and again.
import { randomUUID } from 'node:crypto'
import { LocalBackend } from '../../../backends/local/local.ts'
import { bytesOf, collect } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { isCode } from '../../../src/core/error.ts'
import { vfsPath } from '../../../src/core/path.ts'
import type { Facts } from '../../../src/journal/types.ts'
import { actor, open, serving } from '../../support/journal.ts'

const [, , folder = '', root = '', files = '', writers = '', rounds = ''] = process.argv
const backend = new LocalBackend({ root, dataFolder: folder })
const journal = await open(folder, { volumes: serving(backend) })

async function next(
  path: ReturnType<typeof vfsPath>,
): Promise<{ readonly content: Buffer; readonly facts: Facts & { readonly before: NonNullable<Facts['before']> } }> {
  const before = await backend.stat(path)
  const count = Number.parseInt(Buffer.from(await collect(backend.read(path), 100)).toString(), 10)
  const content = Buffer.from(`${count + 1} ${randomUUID()}`) // so that no two writers want the same content
  return { content, facts: { before, after: { kind: 'file', size: content.length, cid: rawCid(content) } } }
}

async function add(file: number): Promise<void> {
  const path = vfsPath(`/${file}`)
  const place = { volume: backend.volume, inner: await backend.locate(path), shown: path }
  const change = await journal.begin({ kind: 'write', place, actor, ...(await next(path)).facts })
  const { content, facts } = await next(path) // another one may have added while this one waited
  await change.note(facts)
  await backend.write(path, bytesOf(content), { id: change.id, ifMatch: facts.before.etag })
  change.done(await backend.stat(path))
}

async function writer(index: number): Promise<void> {
  for (let round = 0; round < Number(rounds);)
    try {
      await add((index + round) % Number(files))
      round++
    } catch (error) {
      if (!isCode(error, 'BUSY')) throw error
    }
}

process.stdout.write('running\n')
await Promise.all(Array.from({ length: Number(writers) }, (_, index) => writer(index)))
await journal[Symbol.asyncDispose]()
process.stdout.write('finished\n')
