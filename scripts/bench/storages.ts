/** Storages against rclone, over a real S3 server on this machine. `node scripts/bench/storages.ts [SHARE]` makes every row that share of its size. */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Server, VERSITY } from '../../test/support/s3.ts'
import { findServer } from '../servers/find.ts'
import { RCLONE, VERSITYGW } from '../servers/programs.ts'
import { limitsNow } from './limits.ts'
import { printRow } from './row.ts'
import { BuiltGateway } from './storages/built.ts'
import { Field } from './storages/field.ts'
import { insideRows } from './storages/inside.ts'
import { largeRows } from './storages/large.ts'
import { listingRows } from './storages/listing.ts'
import { rememberedRows } from './storages/remembered.ts'
import { smallRows } from './storages/small.ts'

const at = await realpath(await mkdtemp(join(tmpdir(), 'polymount-bench-storages-')))
try {
  const rclone = await findServer(RCLONE)
  await findServer(VERSITYGW)
  await using server = await S3Server.start({ ...VERSITY, args: (folder, address) => ['--keep-alive', ...VERSITY.args(folder, address)] })
  await using built = await BuiltGateway.make()
  const field = new Field(at, Number(process.argv[2] ?? 1), server, { gateway: built.program, rclone })
  for (const rows of [largeRows, smallRows, listingRows, insideRows, rememberedRows])
    for (const row of await rows(field)) printRow({ ...row, floor: row.floor ?? (await limitsNow(at)) })
} catch (error) {
  if (!(error instanceof Error) || !error.message.startsWith('there is no ')) throw error
  console.log(`SKIPPED: storages beside rclone (${error.message})`)
} finally {
  await rm(at, { recursive: true, force: true })
}
