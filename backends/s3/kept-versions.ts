import { DeleteObjectCommand, GetBucketVersioningCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import type { Call } from '../../src/core/backend.ts'
import { type Clients, mapped, until } from './requests.ts'

/** The requests of a bucket's versions. Rejects as errors.ts says. */
export class KeptVersions {
  readonly #bucket: string
  readonly #clients: Clients

  constructor(bucket: string, clients: Clients) {
    this.#bucket = bucket
    this.#clients = clients
  }

  /** For good, with all that the storage keeps of it. */
  async expunge(key: string, { signal }: Call = {}): Promise<void> {
    const command = new ListObjectVersionsCommand({ Bucket: this.#bucket, Prefix: key })
    const { Versions = [], DeleteMarkers = [] } = await mapped(signal, () => this.#clients.patient.send(command, until(signal)))
    for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
      const one = new DeleteObjectCommand({ Bucket: this.#bucket, Key: key, VersionId })
      if (Key === key) await mapped(signal, () => this.#clients.patient.send(one, until(signal)))
    }
  }

  /** True if what is replaced or removed from now on is kept by the storage, under a version. */
  async areKept({ signal }: Call): Promise<boolean> {
    const command = new GetBucketVersioningCommand({ Bucket: this.#bucket })
    return (await mapped(signal, () => this.#clients.patient.send(command, until(signal)))).Status === 'Enabled'
  }
}
