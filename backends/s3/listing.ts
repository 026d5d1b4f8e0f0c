import type { ListObjectsV2Command, ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3'
import { collect } from '../../src/core/bytes.ts'
import type { Bytes } from '../../src/core/backend.ts'
import { textOf } from './xml.ts'

/** What counts of an answer. */
export type Listing = Pick<ListObjectsV2CommandOutput, 'Contents' | 'CommonPrefixes' | 'EncodingType' | 'IsTruncated' | 'NextContinuationToken'>

const MOST = 16 << 20 // bytes; a thousand of the longest keys, encoded, are four
const TAKEN = new Uint8Array(0)
const TEXT = new TextDecoder() // where a Buffer would copy a whole page once more

/** One page. Its entries are read here, which takes a tenth of the time and memory that the SDK's reader of any XML needs; what is written in another way than S3 does is left to that. */
export async function listed(client: S3Client, command: ListObjectsV2Command, options: { readonly abortSignal?: AbortSignal }): Promise<Listing> {
  let read: Listing | undefined
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { response } = result
      if (!isAnswer(response) || !isBytes(response.body)) return result
      const body = await collect(response.body, MOST)
      read = readListing(TEXT.decode(body))
      response.body = read ? TAKEN : body
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'entries' }, // before the SDK's own
  )
  const found = await client.send(command, options)
  return read ?? found
}

interface Answer {
  body: Bytes | Uint8Array
}

const isAnswer = (response: unknown): response is Answer =>
  typeof response === 'object' && response !== null && 'statusCode' in response && response.statusCode === 200 && 'body' in response

const isBytes = (body: unknown): body is Bytes => typeof body === 'object' && body !== null && Symbol.asyncIterator in body

const COUNT = /<KeyCount>(\d+)</
const OTHERWISE = /<!|<\w+:|\r/ // CDATA, comments, prefixes of names, ends of lines that XML would change
const END = /<\/ListBucketResult>\s*$/

/** undefined for what is not written as S3 writes it: whole, no more XML than elements, and as many entries as it says. */
export function readListing(xml: string): Listing | undefined {
  if (OTHERWISE.test(xml) || !END.test(xml)) return undefined
  const Contents = Array.from(elements(xml, 'Contents'), (inside) => {
    const modified = textOf(inside, 'LastModified')
    const LastModified = modified === undefined ? undefined : new Date(modified)
    return { Key: textOf(inside, 'Key'), Size: Number(textOf(inside, 'Size')), LastModified, ETag: textOf(inside, 'ETag') }
  })
  const CommonPrefixes = Array.from(elements(xml, 'CommonPrefixes'), (inside) => ({ Prefix: textOf(inside, 'Prefix') }))
  const said = COUNT.exec(xml)?.[1]
  if (said !== undefined && Number(said) !== Contents.length + CommonPrefixes.length) return undefined
  if (Contents.some(({ Size, LastModified }) => Number.isNaN(Size) || Number.isNaN(LastModified?.getTime()))) return undefined
  const EncodingType = textOf(xml, 'EncodingType') === 'url' ? 'url' : undefined
  const truncated = textOf(xml, 'IsTruncated')
  const IsTruncated = truncated === undefined ? undefined : truncated === 'true'
  return { Contents, CommonPrefixes, EncodingType, IsTruncated, NextContinuationToken: textOf(xml, 'NextContinuationToken') }
}

function* elements(xml: string, name: string): Generator<string> {
  const [open, close] = [`<${name}>`, `</${name}>`]
  for (let at = xml.indexOf(open); at !== -1; at = xml.indexOf(open, at)) {
    const end = xml.indexOf(close, at)
    if (end === -1) return
    yield xml.slice(at + open.length, end)
    at = end
  }
}
