import type { Loaded } from '../config/load.ts'
import { durationOf } from '../core/duration.ts'
import { VfsError } from '../core/error.ts'
import { vfsPath } from '../core/path.ts'
import type { Io } from './io.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { UsageError } from './usage-error.ts'

const LONGEST = 7 * 86_400 // seconds; the most that S3 signs for

interface Link {
  readonly url: string
  readonly upload: boolean
  /** Seconds. */
  readonly expires_in: number
}

/** A URL of a file, for a person to hand on: an agent that could make one would give away what it may only use itself. */
export async function linkTo(name: string, key: string | undefined, loaded: Loaded, { flags }: CommandLine, io: Io): Promise<Link> {
  if (key === undefined) throw new UsageError('a key is missing: polymount backends link NAME KEY')
  const seconds = secondsOf(flags.get('expires')?.at(-1) ?? '15m')
  const upload = flags.has('upload')
  await using gateway = await openGatewayOf(loaded, [], io)
  const { link, scheme } = await gateway.storages.open(name)
  if (!link) throw new VfsError('UNSUPPORTED', `a storage of type ${scheme} has no links`, { op: 'link', hint: 'Links are of buckets (type s3).' })
  return { url: await link(vfsPath(`/${key.replace(/^\/+/, '')}`), { seconds, upload }), upload, expires_in: seconds }
}

function secondsOf(text: string): number {
  const seconds = (durationOf(text) ?? 0) / 1000
  if (seconds >= 1 && seconds <= LONGEST) return seconds
  throw new UsageError('--expires takes 1s to 7d, such as 15m')
}
