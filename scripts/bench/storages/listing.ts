import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { alternately } from '../measure.ts'
import type { Row } from '../row.ts'
import type { Field, Steps } from './field.ts'
import { faster } from './rows.ts'

const ROOM_MIB = 64
const PARTS = 10

/** All keys of a large folder; and the memory that it takes, beside that of as many keys in smaller ones, which gives the collector as much to do. */
export async function listingRows(field: Field): Promise<Row[]> {
  const count = Math.ceil(100_000 * field.share)
  const few = Math.ceil(count / PARTS)
  const bucket = await field.bucket()
  await fill(join(field.server.buckets, bucket, 'many'), count)
  await fill(join(field.server.buckets, bucket, 'few'), few)
  let rss = 0
  const least = (
    await field.ours(
      bucket,
      Array.from({ length: PARTS }, (): Steps[number] => ['list', '/plain/few', `${few}`]),
    )
  ).rss
  const [ours = 0, theirs = 0] = await alternately(1, [
    async () => {
      const took = await field.ours(bucket, [['list', '/plain/many', `${count}`]])
      rss = took.rss
      return took.ms[0] ?? 0
    },
    () => field.theirs('lsf', `:s3:${bucket}/many`),
  ])
  return [
    faster(`list ${count} keys`, [ours, theirs], { limit: 'pages of 1,000, one after the other; most of it is the server' }),
    {
      work: 'the most memory of our process that lists them',
      unit: 'MiB',
      ours: rss,
      peer: { name: `that lists a tenth ${PARTS} times`, value: least },
      target: `< ${Math.round(least) + ROOM_MIB} MiB, ${ROOM_MIB} above that of one that lists a tenth ${PARTS} times`,
      holds: rss < least + ROOM_MIB,
      limit: 'one page of the answer, and what the collector leaves',
    },
  ]
}

async function fill(folder: string, count: number): Promise<void> {
  await mkdir(folder)
  for (let i = 0; i < count; i++) await writeFile(join(folder, `key-${String(i).padStart(6, '0')}`), 'x')
}
