// A process that finds out what the undo of a change of so many parts would do, and tells how many conflicts there are.
import { join } from 'node:path'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { vfsPath as p } from '../../src/core/path.ts'
import { Database } from '../../src/sqlite/database.ts'
import { call, openTestVfs } from './vfs.ts'

/** The last part of the change again and again, each at a place of its own. */
const MULTIPLY = `
  with recursive number(n) as (select 1 union all select n + 1 from number where n < ?),
    last as (select * from change where parent is not null order by seq desc limit 1)
  insert into change (seq, kind, state, volume, path, held, shown, root, parent, parts_only, undoes, actor, at, before, after)
  select seq + n, kind, state, volume, path || n, held || n, shown || n, root, parent, parts_only, undoes, actor, at, before, after from last, number`

const count = Number(process.argv[2])

await using t = await openTestVfs({ '/from': new MemoryBackend(), '/to': new MemoryBackend() })
await t.write('/from/folder/a-file-with-a-name', 'x', { parents: true })
const { change } = await t.vfs.copyInto(p('/from/folder'), p('/to/folder'), call)
await t.journal.settled()
const db = new Database(join(t.folder, 'journal.db'))
db.run(MULTIPLY, count - 1)
db.close()
const { undone, conflicts } = await t.vfs.undo({ change: change ?? '', dryRun: true }, call)
process.stdout.write(`${JSON.stringify({ undone: undone.length, conflicts: conflicts.length })}\n`)
