import { crc32 } from 'node:zlib'
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { collect } from '../../src/core/bytes.ts'
import { textOf } from './xml.ts'

/** What is asked for, with a body that lies in memory. */
export type SmallPut = Omit<PutObjectCommandInput, 'Body' | 'Key'> & { readonly Key: string; readonly Body: Uint8Array }

const SMALL = 256 * 1024 // bytes; of a larger one the way to it takes no time
const MOST = 64 * 1024 // bytes of an answer
const PLAIN_BUCKET = /^[a-z0-9][a-z0-9.-]+$/
const OTHER_SIGNATURE = /--x-s3$/ // directory buckets
const PLAIN_HEADER = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/

const HEADERS = {
  CacheControl: 'cache-control',
  ContentDisposition: 'content-disposition',
  ContentEncoding: 'content-encoding',
  ContentLanguage: 'content-language',
  ContentType: 'content-type',
  IfMatch: 'if-match',
  IfNoneMatch: 'if-none-match',
} as const

/**
 * Puts small objects. The SDK signs the request and sends it; what is left out are its layers in between, which know every
 * operation of S3 and take twice as long as the rest of such a request.
 */
export class Puts {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #link: (key: string) => Promise<string>
  #base: Promise<URL | undefined> | undefined
  /** It asks for the credentials of the moment whenever it signs. */
  #signer: ReturnType<S3Client['config']['signer']> | undefined

  /** `link`: the address of a key, which is the same for all but their ends. */
  constructor(client: S3Client, bucket: string, link: (key: string) => Promise<string>) {
    this.#client = client
    this.#bucket = bucket
    this.#link = link
  }

  /** The etag; undefined for what has to go in the usual way, of which nothing was sent or all refused. Rejects as the SDK does. */
  async put(input: SmallPut, options: { readonly abortSignal?: AbortSignal }): Promise<string | undefined> {
    const base = input.Body.length <= SMALL && PLAIN_BUCKET.test(this.#bucket) && !OTHER_SIGNATURE.test(this.#bucket) ? await this.#address() : undefined
    const said = base && (await this.#headers(input, base))
    if (!base || !said) return undefined
    const { hostname, protocol, port } = base
    const to = { protocol, hostname, ...(port && { port: Number(port) }), path: base.pathname + pathOf(input.Key) }
    const { config } = this.#client
    const signer = await (this.#signer ??= config.signer())
    const request = { ...to, method: 'PUT', query: {}, headers: said, body: input.Body }
    const signed = await signer.sign(request, { signingDate: new Date(Date.now() + config.systemClockOffset) })
    const { response } = await config.requestHandler.handle(signed, options)
    const answer = Buffer.from(await collect(response.body, MOST)).toString()
    if (response.statusCode === 200) return response.headers['etag'] ?? ''
    const refusal = new Refusal(textOf(answer, 'Code'), response)
    if (refusal.name === 'RequestTimeTooSkewed') return undefined // the SDK sets its clock by that
    throw refusal
  }

  /** undefined where it cannot be signed: the usual way tells why. */
  async #address(): Promise<URL | undefined> {
    this.#base ??= this.#link('k').then(
      (link) => new URL('.', link),
      () => (this.#base = undefined),
    )
    return this.#base
  }

  /** undefined for what no plain header holds. */
  async #headers(input: SmallPut, { host }: URL): Promise<Record<string, string> | undefined> {
    const headers: Record<string, string> = { host, 'content-length': String(input.Body.length), 'content-type': 'application/octet-stream' }
    for (const [name, header] of Object.entries(HEADERS)) {
      const value = input[name as keyof typeof HEADERS]
      if (value !== undefined) headers[header] = value
    }
    for (const [name, value] of Object.entries(input.Metadata ?? {})) headers[`x-amz-meta-${name.toLowerCase()}`] = value
    const checks = (await this.#client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
    const checksum = input.ChecksumCRC32 ?? (checks ? crcOf(input.Body) : undefined)
    if (checksum !== undefined) Object.assign(headers, { 'x-amz-checksum-crc32': checksum, 'x-amz-sdk-checksum-algorithm': 'CRC32' })
    return Object.values(headers).every((value) => PLAIN_HEADER.test(value)) ? headers : undefined
  }
}

/** As errors.ts knows those of the SDK. */
class Refusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number }
  readonly $response: { readonly headers: Readonly<Record<string, string>> }

  constructor(code: string | undefined, { statusCode, headers }: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> }) {
    super(`the server answered ${statusCode}`)
    this.name = code ?? 'UnknownError'
    this.$metadata = { httpStatusCode: statusCode }
    this.$response = { headers }
  }
}

function crcOf(body: Uint8Array): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString('base64')
}

const pathOf = (key: string): string => key.split('/').map(encoded).join('/')

/** Of RFC 3986 no more than its unreserved characters stay. */
const encoded = (part: string): string => encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
