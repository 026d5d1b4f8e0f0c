import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CountingProxy } from '../../../test/support/counting-proxy.ts'
import type { Row } from '../row.ts'
import type { Field } from './field.ts'

const MIB = 1 << 20
const REQUESTS_MIB = 0.25

/** Of a copy inside one endpoint: what passes through us. */
export async function insideRows(field: Field): Promise<Row[]> {
  const size = Math.ceil(256 * field.share)
  const folder = await field.folder('inside')
  await writeFile(join(folder, 'file'), Buffer.alloc(size * MIB, randomBytes(MIB)))
  const bucket = await field.bucket()
  await field.theirs('copyto', `${folder}/file`, `:s3:${bucket}/file`)
  await using wire = await CountingProxy.start(field.server.endpoint)
  const before = wire.bytes
  await field.ours(bucket, [], wire.endpoint)
  const idle = wire.bytes - before
  await field.ours(bucket, [['copy', '/bucket/file', '/bucket/copied']], wire.endpoint)
  const through = (wire.bytes - before - 2 * idle) / MIB
  return [
    {
      work: `S3 → S3 in one endpoint, ${size} MiB: bytes through us`,
      unit: 'MiB',
      ours: through,
      target: `< ${REQUESTS_MIB} MiB: requests only`,
      holds: through < REQUESTS_MIB,
      limit: 'the storage copies',
    },
  ]
}
