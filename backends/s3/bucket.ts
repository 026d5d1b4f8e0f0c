import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3'
import type { About, Bytes, Call, LinkOptions, Staging } from '../../src/core/backend.ts'
import { throwIfAborted, VfsError } from '../../src/core/error.ts'
import { NO_TIME } from '../../src/core/times.ts'
import { fromS3 } from './errors.ts'
import { quoted } from './etag.ts'
import { KeptVersions } from './kept-versions.ts'
import { type Listing, listed } from './listing.ts'
import { Multipart } from './multipart.ts'
import { brokenOff } from './onward.ts'
import { Puts } from './put.ts'
import { reasonOf } from './reason.ts'
import { aboutOf, CHANGE, checksAnswers, mapped, saying, type Clients, type Conditions, type Source, sourceIn, until, type WholeAbout } from './requests.ts'

/** What an object stands for that keeps a replaced content by its version: key and version. The key is encoded, for a header holds no more than ASCII. */
const KEEPS = 'polymount-keeps'

/** One of those of its parts ends in their number. */
const OF_THE_WHOLE = /^[\w+/]{6}==$/

/** An object as the storage tells of it; `etag` is its own, raw. */
export interface Facts {
  readonly source: Source
  /** What the storage calls this content, if it will keep it under that name when another one takes its place. */
  readonly version?: string | undefined
  readonly keeps?: Source | undefined
  readonly size: number
  readonly modified: Date
  readonly etag: string
  readonly change?: string | undefined
  /** Not in listings. */
  readonly about?: WholeAbout | undefined
}

/** One page of a listing: objects and, with a delimiter, what stands for all keys below one. Both in the order of keys. */
export interface Page {
  readonly objects: readonly Facts[]
  readonly prefixes: readonly string[]
  readonly more?: string | undefined
  /** The server kept the characters that XML cannot hold. */
  readonly encoded: boolean
}

export interface ListRequest extends Call {
  readonly prefix: string
  readonly delimiter?: '/' | undefined
  readonly after?: string | undefined
  readonly more?: string | undefined
  readonly most?: number | undefined
}

export interface Put extends Call, Conditions {
  readonly change: string
  /** The content that this object stands for. */
  readonly keeps?: Source | undefined
  /** Said to be the content's; if not given the SDK tells the true one. */
  readonly crc32?: string | undefined
  readonly about?: About | undefined
  /** Of what goes in parts. */
  readonly staging?: Staging | undefined
}

/** The requests to one bucket: one each, nothing is repeated here but what the SDK repeats. Rejects as errors.ts says. */
export class Bucket {
  readonly name: string
  readonly multipart: Multipart
  readonly versions: KeptVersions
  readonly #clients: Clients
  readonly #client: S3Client
  readonly #once: S3Client
  readonly #puts: Puts

  constructor(name: string, clients: Clients) {
    this.name = name
    this.multipart = new Multipart(name, clients)
    this.versions = new KeptVersions(name, clients)
    this.#clients = clients
    this.#client = clients.patient
    this.#once = clients.once
    this.#puts = new Puts(clients.once, name, (key) => this.link({ key }, { seconds: 1 }))
  }

  /** undefined where there is no such object. */
  async head(key: string, { version, signal }: Call & Pick<Source, 'version'> = {}): Promise<Facts | undefined> {
    const asked = { Bucket: this.name, Key: key, VersionId: version }
    try {
      const found = await this.#client.send(new HeadObjectCommand(asked), until(signal))
      const { Metadata: metadata = {}, VersionId, ContentLength } = found
      const named = VersionId === 'null' ? undefined : VersionId // what was written before versions were kept
      return {
        ...factsOf({ ...found, Size: ContentLength }, { key, version }),
        change: metadata[CHANGE],
        version: named,
        keeps: decoded(metadata[KEEPS]),
        about: aboutOf(found),
      }
    } catch (error) {
      if ((error as S3ServiceException).$metadata?.httpStatusCode === 404) return undefined
      throw fromS3(await reasonOf(this.#client, asked, error, until(signal)), signal)
    }
  }

  /** The CRC-32 of all that this content holds, if the storage keeps one. */
  async crc32({ key, version }: Source, { ifMatch, signal }: Call & { readonly ifMatch: string }): Promise<number | undefined> {
    if (!(await checksAnswers(this.#client))) return undefined
    const command = new HeadObjectCommand({ Bucket: this.name, Key: key, VersionId: version, IfMatch: ifMatch, ChecksumMode: 'ENABLED' })
    const { ChecksumCRC32: sum = '' } = await mapped(signal, () => this.#client.send(command, until(signal)))
    return OF_THE_WHOLE.test(sum) ? Buffer.from(sum, 'base64').readUInt32BE() : undefined
  }

  /** The bytes of a range as the header has it, of exactly this content. Without one it is all, and compared with the checksum that the storage keeps of it. */
  async *get({ key, version }: Source, { range, ifMatch, signal }: Call & { readonly range?: string | undefined; readonly ifMatch: string }): Bytes {
    try {
      const command = new GetObjectCommand({ Bucket: this.name, Key: key, VersionId: version, Range: range, IfMatch: ifMatch })
      yield* bodyOf(await this.#client.send(command, until(signal)), ifMatch)
    } catch (error) {
      throw fromS3(error, signal)
    }
  }

  async page({ prefix, delimiter, after, more, most, signal }: ListRequest): Promise<Page> {
    throwIfAborted(signal, 'list')
    const command = new ListObjectsV2Command({
      Bucket: this.name,
      Prefix: prefix,
      EncodingType: 'url', // a key can hold what XML cannot
      Delimiter: delimiter,
      StartAfter: after,
      ContinuationToken: more,
      MaxKeys: most,
    })
    return pageOf(await mapped(signal, () => listed(this.#client, command, until(signal))), more)
  }

  /** Not mapped: the caller tells a lost answer from a refusal. The etag of what was written. */
  async put(key: string, body: Uint8Array, { change, keeps, crc32, about, ifMatch, ifNoneMatch, signal }: Put): Promise<string> {
    const metadata = { [CHANGE]: change, ...(keeps && { [KEEPS]: encoded(keeps) }) }
    const input = {
      Bucket: this.name,
      Key: key,
      Body: body,
      ...saying(about, metadata),
      ChecksumCRC32: crc32,
      IfMatch: ifMatch,
      IfNoneMatch: ifNoneMatch,
    }
    const etag = await this.#puts.put(input, until(signal))
    return quoted(etag ?? (await this.#once.send(new PutObjectCommand(input), until(signal))).ETag ?? '')
  }

  /** Not mapped, as put. */
  async copy(from: Source, to: string, { change, about, ifMatch, ifNoneMatch, signal }: Put): Promise<string> {
    const command = new CopyObjectCommand({
      Bucket: this.name,
      Key: to,
      CopySource: sourceIn(this.name, from),
      CopySourceIfMatch: ifMatch,
      IfNoneMatch: ifNoneMatch,
      MetadataDirective: 'REPLACE',
      ...saying(about, { [CHANGE]: change }),
    })
    return quoted((await this.#clients.working.send(command, until(signal))).CopyObjectResult?.ETag ?? '')
  }

  async delete(key: string, { ifMatch, signal }: Call & Conditions = {}): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.name, Key: key, IfMatch: ifMatch })
    await (ifMatch === undefined ? this.#client : this.#once).send(command, until(signal)).catch((error: unknown) => Promise.reject(fromS3(error, signal)))
  }

  /** Up to a thousand by one request, whatever stands there. Rejects what the storage says of the first that it did not remove. */
  async deleteAll(keys: readonly string[], { signal }: Call = {}): Promise<void> {
    const command = new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } })
    const { Errors: [refused] = [] } = await mapped(signal, () => this.#client.send(command, until(signal)))
    if (refused) throw fromS3({ name: refused.Code ?? '', message: refused.Message ?? '' })
  }

  /** Signed here: the server is not asked. */
  async link(source: Source, options: LinkOptions): Promise<string> {
    const { signed } = await import('./link.ts')
    return signed(this.#clients.signing, this.name, source, options)
  }

  /** Another bucket of the same server, reached in the same way. */
  sibling(name: string): Bucket {
    return new Bucket(name, this.#clients)
  }

  close(): void {
    this.#puts[Symbol.dispose]()
    for (const client of Object.values(this.#clients)) client.destroy()
  }
}

/** `after`: the page that led here. Rejects UNSUPPORTED where the listing breaks off. */
function pageOf({ Contents = [], CommonPrefixes = [], EncodingType, IsTruncated, NextContinuationToken: next }: Listing, after: string | undefined): Page {
  const more = IsTruncated === false || next === '' ? undefined : next
  if (more === undefined ? IsTruncated : more === after) throw brokenOff(': it does not know ListObjectsV2')
  // Some servers do not know the encoding, and then do not say that they used it.
  const plain = (text = ''): string => (EncodingType === 'url' && ENCODED.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text)
  return {
    objects: Contents.map((found) => factsOf(found, { key: plain(found.Key) })),
    prefixes: CommonPrefixes.map(({ Prefix }) => plain(Prefix)),
    more,
    encoded: EncodingType === 'url',
  }
}

const ENCODED = /[%+]/

interface Told {
  readonly Size?: number | undefined
  readonly LastModified?: Date | undefined
  readonly ETag?: string | undefined
}

const factsOf = ({ Size = 0, LastModified = NO_TIME, ETag = '' }: Told, source: Source): Facts => ({
  source,
  size: Size,
  modified: LastModified,
  etag: quoted(ETag),
})

const encoded = ({ key, version = '' }: Source): string => `${Buffer.from(key).toString('base64url')} ${version}`

function decoded(keeps: string | undefined): Source | undefined {
  const [key = '', version] = keeps?.split(' ') ?? []
  return version === undefined ? undefined : { key: Buffer.from(key, 'base64url').toString(), version }
}

/** Not every server heeds the condition: what it has sent tells. */
async function* bodyOf({ Body, ETag }: GetObjectCommandOutput, ifMatch: string): Bytes {
  const body = (Body ?? []) as AsyncIterable<Uint8Array>
  if (ETag === undefined || quoted(ETag) === ifMatch) return yield* body
  for await (const _ of body) break // lets the connection go
  throw new VfsError('CONFLICT', 'the object was replaced while it was read', { backend: 's3' })
}
