import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { S3Options } from '../../backends/s3/s3.ts'

const PAGE = 1000
const XML = { 'content-type': 'application/xml' }
const NONE = Buffer.alloc(0)
const GIVEN = Buffer.from('x') // what a key holds that nobody has written

/**
 * A bucket that holds these keys, also those that no server over a disk can hold; `keys` may change at any time. It can be listed and
 * nothing else, or with `writes` does what else is plain, and keeps no condition.
 */
export class ListedBucket implements AsyncDisposable {
  keys: readonly string[]
  /** How many listings were asked for. */
  listings = 0
  /** The keys whose removal was asked for. */
  readonly deleted: string[] = []
  /** Called before a request is answered. */
  before: ((method: string, asked: URLSearchParams) => void) | undefined
  readonly #server: Server
  readonly #writes: boolean
  readonly #written = new Map<string, Buffer>()

  private constructor(server: Server, keys: readonly string[], writes: boolean) {
    this.#server = server
    this.#writes = writes
    this.keys = keys.toSorted()
  }

  static async start(keys: readonly string[], { writes = false } = {}): Promise<ListedBucket> {
    const server = createServer((request, response) => void bucket.#answer(request, response)).listen(0, '127.0.0.1')
    const bucket: ListedBucket = new ListedBucket(server, keys, writes)
    await once(server, 'listening')
    return bucket
  }

  get options(): S3Options {
    const { port } = this.#server.address() as AddressInfo
    return { bucket: 'bucket', endpoint: `http://127.0.0.1:${port}`, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = new URL(request.url ?? '/', 'http://any').searchParams
    const body = await buffer(request)
    this.before?.(request.method ?? '', asked)
    if (asked.has('list-type')) response.writeHead(200, XML).end(this.#page(asked))
    else if (this.#writes && !asked.has('versioning') && !asked.has('uploads')) this.#one(request, body, response)
    else if (request.method === 'HEAD') response.writeHead(404).end()
    else response.writeHead(403, XML).end('<Error><Code>AccessDenied</Code></Error>')
  }

  #one(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const key = keyOf(request.url ?? '')
    if (request.method === 'PUT') this.#put(key, request.headers['x-amz-copy-source'], body, response)
    else if (request.method === 'DELETE') this.#delete(key, response)
    else if (this.keys.includes(key)) this.#give(this.#content(key), request, response)
    else response.writeHead(404, XML).end(request.method === 'HEAD' ? NONE : '<Error><Code>NoSuchKey</Code></Error>')
  }

  #put(key: string, copied: string | string[] | undefined, body: Buffer, response: ServerResponse): void {
    const content = typeof copied === 'string' ? this.#content(keyOf(copied)) : body
    this.#written.set(key, content)
    this.keys = Array.from(new Set([...this.keys, key])).toSorted()
    const etag = etagOf(content)
    response.writeHead(200, { ...XML, etag }).end(copied === undefined ? NONE : `<CopyObjectResult><ETag>${etag}</ETag></CopyObjectResult>`)
  }

  #delete(key: string, response: ServerResponse): void {
    this.deleted.push(key)
    this.#written.delete(key)
    this.keys = this.keys.filter((each) => each !== key)
    response.writeHead(204).end()
  }

  #give(content: Buffer, { method, headers }: IncomingMessage, response: ServerResponse): void {
    const [, first = 0, last = content.length] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    const part = content.subarray(Number(first), Number(last) + 1)
    response.writeHead(headers.range === undefined ? 200 : 206, { etag: etagOf(content), 'content-length': part.length })
    response.end(method === 'HEAD' ? NONE : part)
  }

  #content(key: string): Buffer {
    return this.#written.get(key) ?? GIVEN
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
      if (listed.length === most) return this.#xml(listed, asked)
      listed.push(name)
    }
    return this.#xml(listed, asked, true)
  }

  #xml(names: readonly string[], asked: URLSearchParams, isLast = false): string {
    const isPrefix = (name: string): boolean => asked.has('delimiter') && name.endsWith('/') && name !== asked.get('prefix')
    const told = names.map((name) =>
      isPrefix(name)
        ? `<CommonPrefixes><Prefix>${encodeURIComponent(name)}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${encodeURIComponent(name)}</Key>${factsOf(this.#content(name))}<LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`,
    )
    const more = isLast ? '' : `<NextContinuationToken>${Buffer.from(names.at(-1) ?? '').toString('hex')}</NextContinuationToken>`
    return `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${!isLast}</IsTruncated>${more}${told.join('')}</ListBucketResult>`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const keyOf = (url: string): string =>
  new URL(url, 'http://any').pathname
    .replace(/^\/?bucket\//, '')
    .split('/')
    .map(decodeURIComponent)
    .join('/')

const etagOf = (content: Buffer): string => `"${hash('md5', content)}"`

const factsOf = (content: Buffer): string => `<Size>${content.length}</Size><ETag>${etagOf(content)}</ETag>`

/** The key, or what stands for all that begin so. */
function nameOf(key: string, asked: URLSearchParams): string | undefined {
  const prefix = asked.get('prefix') ?? ''
  if (!key.startsWith(prefix)) return undefined
  const end = asked.has('delimiter') ? key.indexOf('/', prefix.length) : -1
  return end === -1 ? key : key.slice(0, end + 1)
}
