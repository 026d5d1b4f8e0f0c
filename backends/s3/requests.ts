import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { About, Metadata } from '../../src/core/backend.ts'
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

const HEADERS = {
  'cache-control': 'CacheControl',
  'content-disposition': 'ContentDisposition',
  'content-encoding': 'ContentEncoding',
  'content-language': 'ContentLanguage',
  'content-type': 'ContentType',
} as const

type Said = { -readonly [Field in (typeof HEADERS)[keyof typeof HEADERS]]?: string }

export type WholeAbout = { readonly [Part in keyof About]-?: Metadata }

/** What an object says beside its content: it stays when the content is replaced, and goes where it goes. */
export const aboutOf = ({ Metadata = {}, ...said }: HeadObjectCommandOutput): WholeAbout => ({
  headers: Object.fromEntries(Object.entries(HEADERS).flatMap(([name, field]) => (said[field] === undefined ? [] : [[name, said[field]]]))),
  metadata: Object.fromEntries(Object.entries(Metadata).filter(([name]) => !name.startsWith(OURS))),
})

/** For a request that writes, with what we note ourselves. */
export function saying({ headers = {}, metadata }: About = {}, ours: Metadata): Said & { Metadata: Record<string, string> } {
  const said: Said = {}
  for (const [name, field] of Object.entries(HEADERS)) if (headers[name] !== undefined) said[field] = headers[name]
  return { ...said, Metadata: { ...metadata, ...ours } }
}

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

/** False for a server that does not know the checksums of 2025. */
export const checksAnswers = async ({ config }: S3Client): Promise<boolean> => (await config.responseChecksumValidation()) === 'WHEN_SUPPORTED'

/** Rejects as errors.ts says. */
export async function mapped<T>(signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    throw fromS3(error, signal)
  }
}
