import { DeleteObjectCommand, GetBucketVersioningCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandInput } from '@aws-sdk/client-s3'
import type { Call } from '../../src/core/backend.ts'
import { onward } from './onward.ts'
import { type Clients, mapped, until } from './requests.ts'

type Marker = Pick<ListObjectVersionsCommandInput, 'KeyMarker' | 'VersionIdMarker'>

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
    for await (const VersionId of this.#of(key, { signal })) {
      const one = new DeleteObjectCommand({ Bucket: this.#bucket, Key: key, VersionId })
      await mapped(signal, () => this.#clients.patient.send(one, until(signal)))
    }
  }

  /** Of exactly this key, which a listing has before longer ones; removals too. */
  async *#of(key: string, { signal }: Call): AsyncGenerator<string | undefined> {
    for (let more: Marker | undefined = {}; more;) {
      const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({ Bucket: this.#bucket, Prefix: key, ...more })
      const page = await mapped(signal, () => this.#clients.patient.send(command, until(signal)))
      const kept = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
      for (const { Key, VersionId } of kept) if (Key === key) yield VersionId
      const next =
        page.IsTruncated && kept.every(({ Key }) => Key === key) ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined
      more = onward(more, next)
    }
  }

  /** True if what is replaced or removed from now on is kept by the storage, under a version. */
  async areKept({ signal }: Call): Promise<boolean> {
    const command = new GetBucketVersioningCommand({ Bucket: this.#bucket })
    return (await mapped(signal, () => this.#clients.patient.send(command, until(signal)))).Status === 'Enabled'
  }
}
