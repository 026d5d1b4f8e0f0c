import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import type { About, Call } from '../../src/core/backend.ts'
import type { VfsError } from '../../src/core/error.ts'
import { fromS3 } from './errors.ts'
import { quoted } from './etag.ts'
import { CHANGE, type Clients, type Conditions, mapped, type Source, saying, sourceIn, until } from './requests.ts'

export interface PartCopy extends Call, Conditions {
  readonly from: Source
  /** As the header has it: `bytes=0-99`. */
  readonly range: string
}

/** The requests of uploads in parts. Rejects as errors.ts says. */
export class Multipart {
  readonly #bucket: string
  readonly #clients: Clients

  constructor(bucket: string, clients: Clients) {
    this.#bucket = bucket
    this.#clients = clients
  }

  async begin(key: string, change: string, { about, signal }: Call & { readonly about?: About | undefined }): Promise<string> {
    const command = new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: key, ...saying(about, { [CHANGE]: change }) })
    return mapped(signal, async () => (await this.#clients.patient.send(command, until(signal))).UploadId ?? '')
  }

  async part(key: string, upload: string, number: number, body: Uint8Array, { signal }: Call): Promise<CompletedPart> {
    const command = new UploadPartCommand({ Bucket: this.#bucket, Key: key, UploadId: upload, PartNumber: number, Body: body })
    return mapped(signal, async () => completed(number, await this.#clients.patient.send(command, until(signal))))
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
    return mapped(signal, async () => completed(number, (await this.#clients.patient.send(command, until(signal))).CopyPartResult ?? {}))
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

  /** Uploads of exactly this key that are neither finished nor aborted. */
  async unfinished(key: string, { signal }: Call = {}): Promise<string[]> {
    const command = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: key })
    const { Uploads = [] } = await mapped(signal, () => this.#clients.patient.send(command, until(signal))).catch(noneAtAll)
    return Uploads.flatMap(({ Key, UploadId }) => (Key === key && UploadId !== undefined ? [UploadId] : []))
  }
}

/** How some servers say that a bucket has no upload. */
function noneAtAll(error: VfsError): { readonly Uploads?: never } {
  if ((error.cause as Error).name === 'NoSuchUpload') return {}
  throw error
}

const completed = (PartNumber: number, { ETag }: { readonly ETag?: string | undefined }): CompletedPart => ({ PartNumber, ETag })
