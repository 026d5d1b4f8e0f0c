import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import type { About, Call } from '../../src/core/backend.ts'
import type { VfsError } from '../../src/core/error.ts'
import { NO_TIME } from '../../src/core/times.ts'
import { fromS3, isMisunderstood } from './errors.ts'
import { quoted } from './etag.ts'
import { onward } from './onward.ts'
import { patiently } from './patience.ts'
import { CHANGE, checksAnswers, type Clients, type Conditions, mapped, type Source, saying, sourceIn, until } from './requests.ts'

export interface PartCopy extends Call, Conditions {
  readonly from: Source
  /** As the header has it: `bytes=0-99`. */
  readonly range: string
}

export interface Beginning extends Call {
  readonly about?: About | undefined
  /** Its parts are copied: of such versitygw 1.8 keeps a checksum of the whole that is wrong. */
  readonly isCopy?: boolean | undefined
}

export interface Unfinished {
  readonly id: string
  /** By the clock of the storage; NO_TIME where it does not say. */
  readonly begun: Date
}

type Marker = Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'>

/** The requests of uploads in parts. Rejects as errors.ts says. */
export class Multipart {
  readonly #bucket: string
  readonly #clients: Clients
  /** The server has refused to keep a checksum of the whole. */
  #isPlain = false

  constructor(bucket: string, clients: Clients) {
    this.#bucket = bucket
    this.#clients = clients
  }

  /** Once: of one that is begun again by the way nobody knows the name of the first. */
  async begin(key: string, change: string, { about, isCopy, signal }: Beginning): Promise<string> {
    const input = { Bucket: this.#bucket, Key: key, ...saying(about, { [CHANGE]: change }) }
    const ask = async (more: object): Promise<string> =>
      mapped(signal, async () => (await this.#clients.once.send(new CreateMultipartUploadCommand({ ...input, ...more }), until(signal))).UploadId ?? '')
    if (isCopy || !(await this.#sums())) return ask({})
    return ask(OF_THE_WHOLE).catch((error: VfsError) => {
      if (!isMisunderstood(error)) throw error
      this.#isPlain = true
      return ask({})
    })
  }

  /** The checksum of each part is told again at the end where one of the whole was asked for, and there alone. */
  async part(key: string, upload: string, number: number, body: Uint8Array, { signal }: Call): Promise<CompletedPart> {
    const command = new UploadPartCommand({ Bucket: this.#bucket, Key: key, UploadId: upload, PartNumber: number, Body: body })
    const sent = await this.#patiently(signal, () => this.#clients.patient.send(command, until(signal)))
    return { ...completed(number, sent), ...((await this.#sums()) && { ChecksumCRC32: sent.ChecksumCRC32 }) }
  }

  /** A server that is busy for longer than the SDK asks would cost all parts that have arrived. */
  #patiently<T>(signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    return patiently(() => mapped(signal, request), { signal })
  }

  async #sums(): Promise<boolean> {
    return !this.#isPlain && (await checksAnswers(this.#clients.once))
  }

  async copyPart(key: string, upload: string, number: number, { from, range, ifMatch, signal }: PartCopy): Promise<CompletedPart> {
    const command = new UploadPartCopyCommand({
      Bucket: this.#bucket,
      Key: key,
      UploadId: upload,
      PartNumber: number,
      CopySource: sourceIn(this.#bucket, from),
      CopySourceRange: range,
      CopySourceIfMatch: ifMatch,
    })
    return this.#patiently(signal, async () => completed(number, (await this.#clients.patient.send(command, until(signal))).CopyPartResult ?? {}))
  }

  /** Not mapped, as put. */
  async complete(key: string, upload: string, parts: readonly CompletedPart[], { ifMatch, ifNoneMatch, signal }: Call & Conditions): Promise<string> {
    const command = new CompleteMultipartUploadCommand({
      Bucket: this.#bucket,
      Key: key,
      UploadId: upload,
      MultipartUpload: { Parts: [...parts] },
      IfMatch: ifMatch,
      IfNoneMatch: ifNoneMatch,
    })
    return quoted((await this.#clients.working.send(command, until(signal))).ETag ?? '')
  }

  /** False if there is no such upload any more. */
  async abort(key: string, upload: string): Promise<boolean> {
    try {
      await this.#clients.patient.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: upload }))
      return true
    } catch (error) {
      if ((error as Error).name === 'NoSuchUpload') return false
      throw fromS3(error)
    }
  }

  /** Uploads of exactly this key that are neither finished nor aborted: a listing has them before those of longer keys. */
  async unfinished(key: string, { signal }: Call = {}): Promise<Unfinished[]> {
    const found: Unfinished[] = []
    for (let more: Marker | undefined = {}; more;) {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: key, ...more })
      const page = await mapped(signal, () => this.#clients.patient.send(command, until(signal))).catch(noneAtAll)
      const uploads = page.Uploads ?? []
      for (const { Key, UploadId, Initiated = NO_TIME } of uploads) if (Key === key && UploadId !== undefined) found.push({ id: UploadId, begun: Initiated })
      const next = page.IsTruncated && uploads.at(-1)?.Key === key ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
      more = onward(more, next)
    }
    return found
  }

  /** True of an upload that no part has come of. */
  async isEmpty(key: string, upload: string): Promise<boolean> {
    const command = new ListPartsCommand({ Bucket: this.#bucket, Key: key, UploadId: upload, MaxParts: 1 })
    const { Parts = [] } = await mapped(undefined, () => this.#clients.patient.send(command))
    return Parts.length === 0
  }
}

/** Kept beside the object, which makes a read in ranges worth something: that of each part is of no use to whoever cuts otherwise. */
const OF_THE_WHOLE = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const

/** How some servers say that a bucket has no upload. */
function noneAtAll(error: VfsError): Pick<ListMultipartUploadsCommandOutput, 'Uploads' | 'IsTruncated' | 'NextKeyMarker' | 'NextUploadIdMarker'> {
  if ((error.cause as Error).name === 'NoSuchUpload') return {}
  throw error
}

const completed = (PartNumber: number, { ETag }: { readonly ETag?: string | undefined }): CompletedPart => ({ PartNumber, ETag })
