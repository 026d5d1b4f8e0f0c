import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { alternately } from '../measure.ts'
import type { Row } from '../row.ts'
import { type Field, flushed } from './field.ts'
import { perSecond, speed } from './rows.ts'

const MIB = 1 << 20

/** One large file, up and down. */
export async function largeRows(field: Field): Promise<Row[]> {
  const size = Math.ceil(1024 * field.share)
  const folder = await field.folder('large')
  await using file = await open(join(folder, 'file'), 'w')
  for (let i = 0; i < size; i++) await file.write(randomBytes(MIB))
  const bucket = await field.bucket()
  const [up = 0, upPeer = 0] = await alternately(1, [
    async () => (await field.ours(bucket, [['copy', `${folder}/file`, `/bucket/${field.round()}`]])).ms[0] ?? 0,
    () => field.theirs('copyto', `${folder}/file`, `:s3:${bucket}/${field.round()}`),
  ])
  await field.theirs('copyto', `${folder}/file`, `:s3:${bucket}/file`)
  const flushing: number[] = []
  const [down = 0, downPeer = 0, alone = 0] = await alternately(1, [
    async () => (await field.ours(bucket, [['copy', '/bucket/file', `${folder}/${field.round()}`]])).ms[0] ?? 0,
    async () => {
      const to = `${folder}/${field.round()}`
      const took = await field.theirs('copyto', `:s3:${bucket}/file`, to)
      flushing[0] = await flushed(to)
      return took
    },
    () => field.alone(bucket, 'file', size * MIB),
  ])
  const floor = `Node receives ${Math.round(perSecond(size, alone))} MiB/s over four connections, and does nothing with it`
  return [
    speed(`local → S3, ${size} MiB`, size, [up, upPeer], {
      limit: 'the signature and the checksum are hashed on one thread, the CID on another; the server shares its cores',
    }),
    speed(`S3 → local, ${size} MiB`, size, [down, downPeer], {
      floor,
      limit: 'it is hashed by one thread, written, read back, compared and flushed; the server shares its cores',
    }),
    speed(
      'the same, where rclone flushes what it wrote as we do',
      size,
      [down, downPeer + (flushing[0] ?? 0)],
      { floor, limit: 'the same' },
      'rclone and fsync',
    ),
  ]
}
