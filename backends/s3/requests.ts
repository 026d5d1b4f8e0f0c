import type { S3Client } from '@aws-sdk/client-s3'
import { fromS3 } from './errors.ts'

/** Who wrote an object: the id of the change, so that an answer that was lost can be looked up (journal.md, 15). */
export const CHANGE = 'polymount-change'

/** Where a content is asked for: at a key, or at one of the versions that the storage keeps of it. */
export interface Source {
  readonly key: string
  readonly version?: string | undefined
  /** If it is another one than whoever is asked. */
  readonly bucket?: string | undefined
}

/** Conditions by the storage's own etag. */
export interface Conditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: '*' | undefined
}

/** One server, reached in three ways. */
export interface Clients {
  readonly patient: S3Client
  /** Without repetition: a conditional request that is sent twice refuses itself. */
  readonly once: S3Client
  /** Asks for no checksum of a body that is not known yet. */
  readonly signing: S3Client
}

/** Each name encoded and no slash: some servers take the whole for one name else. */
export const sourceIn = (name: string, { bucket = name, key, version }: Source): string =>
  `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}${version === undefined ? '' : `?versionId=${encodeURIComponent(version)}`}`

export const until = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {})

/** Rejects as errors.ts says. */
export async function mapped<T>(signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    throw fromS3(error, signal)
  }
}
