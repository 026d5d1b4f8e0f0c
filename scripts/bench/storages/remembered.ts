import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Row } from '../row.ts'
import type { Field, Steps } from './field.ts'

/** What is asked twice. */
export async function rememberedRows(field: Field): Promise<Row[]> {
  const folder = await field.folder('hot')
  await writeFile(join(folder, 'file'), randomBytes(64 << 10))
  const bucket = await field.bucket()
  await field.theirs('copyto', `${folder}/file`, `:s3:${bucket}/file`)
  const steps: Steps = [['stat', '/bucket/file'], ['stat', '/plain/file'], ['read', '/bucket/file'], ['read', '/plain/file']] // prettier-ignore
  const { ms } = await field.ours(bucket, steps)
  return [cached('stat of an S3 file, cached (p50)', ms[0], ms[1]), cached('read of 64 KiB of S3, cached (p50)', ms[2], ms[3])]
}

const cached = (work: string, ms = Number.NaN, uncached = Number.NaN): Row => ({
  work,
  unit: 'ms',
  ours: ms,
  peer: { name: 'uncached', value: uncached },
  target: '≤ 1 ms and ≤ 0.05×',
  holds: ms <= 1 && ms * 20 <= uncached,
  limit: 'the rules and the mount table',
})
