import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Options } from '../../backends/s3/s3.ts'

const PAGE = 1000

/**
 * A bucket that holds these keys, also those that no server over a disk can hold. It can be listed and nothing else; `keys` may
 * change at any time.
 */
export class ListedBucket implements AsyncDisposable {
  keys: readonly string[]
  /** How many listings were asked for. */
  listings = 0
  readonly #server: Server

  private constructor(server: Server, keys: readonly string[]) {
    this.#server = server
    this.keys = keys.toSorted()
  }

  static async start(keys: readonly string[]): Promise<ListedBucket> {
    const server = createServer((request, response) => bucket.#answer(request, response)).listen(0, '127.0.0.1')
    const bucket: ListedBucket = new ListedBucket(server, keys)
    await once(server, 'listening')
    return bucket
  }

  get options(): S3Options {
    const { port } = this.#server.address() as AddressInfo
    return { bucket: 'bucket', endpoint: `http://127.0.0.1:${port}`, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const asked = new URL(request.url ?? '/', 'http://any').searchParams
    request.resume()
    if (request.method === 'HEAD') response.writeHead(404).end()
    else if (asked.has('list-type')) response.writeHead(200, { 'content-type': 'application/xml' }).end(this.#page(asked))
    else response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error><Code>AccessDenied</Code></Error>')
  }

  #page(asked: URLSearchParams): string {
    this.listings++
    const most = Number(asked.get('max-keys') ?? PAGE)
    const token = asked.get('continuation-token')
    const after = token === null ? (asked.get('start-after') ?? '') : Buffer.from(token, 'hex').toString()
    const listed: string[] = []
    for (const key of this.keys) {
      const name = nameOf(key, asked)
      if (name === undefined || name <= after || name === listed.at(-1)) continue
      if (listed.length === most) return xml(listed, asked)
      listed.push(name)
    }
    return xml(listed, asked, true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** The key, or what stands for all that begin so. */
function nameOf(key: string, asked: URLSearchParams): string | undefined {
  const prefix = asked.get('prefix') ?? ''
  if (!key.startsWith(prefix)) return undefined
  const end = asked.has('delimiter') ? key.indexOf('/', prefix.length) : -1
  return end === -1 ? key : key.slice(0, end + 1)
}

function xml(names: readonly string[], asked: URLSearchParams, isLast = false): string {
  const isPrefix = (name: string): boolean => asked.has('delimiter') && name.endsWith('/') && name !== asked.get('prefix')
  const told = names.map((name) =>
    isPrefix(name)
      ? `<CommonPrefixes><Prefix>${encodeURIComponent(name)}</Prefix></CommonPrefixes>`
      : `<Contents><Key>${encodeURIComponent(name)}</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`,
  )
  const more = isLast ? '' : `<NextContinuationToken>${Buffer.from(names.at(-1) ?? '').toString('hex')}</NextContinuationToken>`
  return `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${!isLast}</IsTruncated>${more}${told.join('')}</ListBucketResult>`
}
