import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner' // CommonJS: bundled, it has its names only where it is imported so
import type { LinkOptions } from '../../src/core/backend.ts'
import type { Source } from './requests.ts'

/** A module of its own, to be loaded by who wants a link. */
export const signed = (client: S3Client, bucket: string, { key, version }: Source, { seconds, upload }: LinkOptions): Promise<string> => {
  const at = { Bucket: bucket, Key: key }
  const command = upload ? new PutObjectCommand(at) : new GetObjectCommand({ ...at, VersionId: version })
  return getSignedUrl(client, command, { expiresIn: seconds, signingDate: new Date(Date.now() + client.config.systemClockOffset) })
}
