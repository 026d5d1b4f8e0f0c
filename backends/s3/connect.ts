import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Bucket } from './bucket.ts'
import { ONE_REQUEST } from './copy.ts'
import { CONNECT_MS, SILENCE_MS } from './dial.ts'
import type { Clients } from './requests.ts'

/** How a bucket is reached. Without keys the SDK's own chain finds them (environment, profile, instance). */
export interface Connection {
  readonly bucket: string
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  readonly pathStyle?: boolean | undefined
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string } | undefined
  /** Without the checksums of 2025, which not every server knows; if not said, that is found out. */
  readonly compat?: boolean | undefined
}

const ATTEMPTS = 3
const WORK_MS = 600_000 // AWS: several minutes

/**
 * For so long what was asked for in the name of somebody who has died may still take effect: as long as one who lives waits for
 * the answer, and for what a server copies or joins, as long as that takes at the slowest pace that we wait for.
 */
export const outlives = (size: number): number => CONNECT_MS + SILENCE_MS + Math.min(1, size / ONE_REQUEST) * WORK_MS

/** Asks once: the SDK wants the region several times for each request, and a search reads files and asks the instance. */
function chosen(): () => Promise<string> {
  let found: Promise<string> | undefined
  return () => (found ??= chosenRegion())
}

/** That of the environment or the profile; most servers beside AWS take the first there was. */
async function chosenRegion(): Promise<string> {
  const chain = new S3Client()
  const named = await chain.config.region().catch(() => 'us-east-1')
  chain.destroy()
  return named
}

/** Reaches nothing yet. */
export function connect(to: Connection): Bucket {
  const config: S3ClientConfig = {
    region: to.region ?? chosen(),
    forcePathStyle: to.pathStyle ?? to.endpoint !== undefined, // few servers beside AWS have a host name for each bucket
    requestHandler: waiting(SILENCE_MS),
    ...(to.endpoint !== undefined && { endpoint: to.endpoint }),
    ...(to.credentials && { credentials: to.credentials }),
    ...(to.compat === true && { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
  }
  return new Bucket(
    to.bucket,
    ofOneClock({
      patient: new S3Client({ ...config, maxAttempts: ATTEMPTS }),
      once: new S3Client({ ...config, maxAttempts: 1 }),
      working: new S3Client({ ...config, maxAttempts: 1, requestHandler: waiting(WORK_MS) }),
      signing: new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    }),
  )
}

/** How wrong this machine's clock is a refusal tells, after which the SDK asks again: those that ask once have to know it from the others. */
function ofOneClock(clients: Clients): Clients {
  const { config } = clients.patient
  const shared = { get: () => config.systemClockOffset, set: (offset: number) => (config.systemClockOffset = offset) }
  for (const client of [clients.once, clients.working, clients.signing]) Object.defineProperty(client.config, 'systemClockOffset', shared)
  return clients
}

const waiting = (socketTimeout: number) => ({ connectionTimeout: CONNECT_MS, socketTimeout })
