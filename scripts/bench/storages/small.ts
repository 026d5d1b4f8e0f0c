import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { alternately } from '../measure.ts'
import type { Row } from '../row.ts'
import type { Field } from './field.ts'
import { faster } from './rows.ts'

const FLAGS = ['--transfers', '16', '--checkers', '16', '--checksum']

/** Many small files, and the same again. */
export async function smallRows(field: Field): Promise<Row[]> {
  const count = Math.ceil(5000 * field.share)
  const folder = await field.folder('small')
  for (let i = 0; i < count; i++) await writeFile(join(folder, `${i}`), randomBytes(4096))
  const bucket = await field.bucket()
  const first: number[] = []
  const [again = 0, againPeer = 0] = await alternately(1, [
    async () => {
      const to = `/bucket/${field.round()}`
      const { ms } = await field.ours(bucket, [['copy16', folder, to], ['copy16', folder, to]]) // prettier-ignore
      first[0] = ms[0] ?? 0
      return ms[1] ?? 0
    },
    async () => {
      const to = `:s3:${bucket}/${field.round()}`
      first[1] = await field.theirs('copy', folder, to, ...FLAGS)
      return field.theirs('copy', folder, to, ...FLAGS)
    },
  ])
  return [
    faster(`local → S3, ${count} files of 4 KiB, 16 in parallel`, [first[0] ?? 0, first[1] ?? 0], {
      limit: 'each is read, hashed, signed, sent and journaled on one thread',
    }),
    faster('the same again with nothing changed', [again, againPeer], { limit: 'the two listings; one look into the journal for each page of them' }),
  ]
}
