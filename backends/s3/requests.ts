import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { Metadata } from '../../src/core/backend.ts'
import { fromS3 } from './errors.ts'

const OURS = 'polymount-'

/** Who wrote an object: the id of the change, so that an answer that was lost can be looked up (journal.md, 15). */
export const CHANGE = `${OURS}change`

/** Where a content is asked for: at a key, or at one of the versions that the storage keeps of it. */
export interface Source {
  readonly key: string
  readonly version?: string | undefined
  /** If it is another one than whoever is asked. */
  readonly bucket?: string | undefined
}

/** What an object says beside its content: it stays when the content is replaced, and goes where it goes. */
export interface About {
  readonly headers: Pick<HeadObjectCommandOutput, 'CacheControl' | 'ContentDisposition' | 'ContentEncoding' | 'ContentLanguage' | 'ContentType'>
  readonly metadata: Metadata
}

export const aboutOf = ({
  CacheControl,
  ContentDisposition,
  ContentEncoding,
  ContentLanguage,
  ContentType,
  Metadata = {},
}: HeadObjectCommandOutput): About => ({
  headers: { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType },
  metadata: Object.fromEntries(Object.entries(Metadata).filter(([name]) => !name.startsWith(OURS))),
})

/** For a request that writes, with what we note ourselves. */
export const saying = (about: About | undefined, ours: Metadata): About['headers'] & { Metadata: Record<string, string> } => ({
  ...about?.headers,
  Metadata: { ...about?.metadata, ...ours },
})

/** Conditions by the storage's own etag. */
export interface Conditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: '*' | undefined
}

/** One server, reached in four ways. */
export interface Clients {
  readonly patient: S3Client
  /** Without repetition: a conditional request that is sent twice refuses itself. */
  readonly once: S3Client
  /** Without repetition too, for what makes the server copy: it may say nothing until it is done. */
  readonly working: S3Client
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
