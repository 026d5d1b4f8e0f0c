import { GetObjectCommand, type HeadObjectCommandInput, type S3Client, type S3ServiceException } from '@aws-sdk/client-s3'

const UNNAMED: ReadonlySet<number> = new Set([301, 400, 403])

/**
 * Why a HEAD was refused. The answer to one has no body and names nothing: an expired token, a wrong region and a wrong clock look
 * alike. One to GET tells.
 */
export async function reasonOf(client: S3Client, asked: HeadObjectCommandInput, error: unknown, until: { abortSignal?: AbortSignal }): Promise<unknown> {
  if (!UNNAMED.has(statusOf(error))) return error
  try {
    const { Body } = await client.send(new GetObjectCommand({ ...asked, Range: 'bytes=0-0' }), until)
    for await (const _ of (Body ?? []) as AsyncIterable<Uint8Array>) break
    return error
  } catch (told) {
    return statusOf(told) === statusOf(error) ? told : error
  }
}

const statusOf = (error: unknown): number => (error as S3ServiceException).$metadata?.httpStatusCode ?? 0
