import { crc32 } from 'node:zlib'
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { collect } from '../../src/core/bytes.ts'
import { Signature } from './sign.ts'
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

type Sent = Parameters<S3Client['config']['requestHandler']['handle']>[0]

/** Where the keys of a bucket are, and how a request there is signed. */
interface Address {
  readonly url: URL
  readonly signature: Signature
}

/**
 * Puts small objects. The SDK sends the request, on its connections; what is left out are its layers before that, which know every
 * operation of S3 and take twice as long as the rest of such a request, and its signer.
 */
export class Puts {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #link: (key: string) => Promise<string>
  #address: Promise<Address | undefined> | undefined

  /** `link`: the address of a key, which is the same for all but their ends. */
  constructor(client: S3Client, bucket: string, link: (key: string) => Promise<string>) {
    this.#client = client
    this.#bucket = bucket
    this.#link = link
  }

  /** The etag; undefined for what has to go in the usual way, of which nothing was sent or all refused. Rejects as the SDK does. */
  async put(input: SmallPut, options: { readonly abortSignal?: AbortSignal }): Promise<string | undefined> {
    const isFit = input.Body.length <= SMALL && PLAIN_BUCKET.test(this.#bucket) && !OTHER_SIGNATURE.test(this.#bucket)
    const address = isFit ? await this.#addressed() : undefined
    const headers = address && (await this.#headers(input, address.url))
    if (!headers) return undefined
    const { config } = this.#client
    const { response } = await config.requestHandler.handle(await this.#signed(input, address, headers), options)
    if (response.statusCode === 200) {
      response.body.resume() // nothing that anybody reads
      return response.headers['etag'] ?? ''
    }
    const answer = Buffer.from(await collect(response.body, MOST)).toString()
    const refusal = new Refusal(textOf(answer, 'Code'), response)
    if (refusal.name === 'RequestTimeTooSkewed') return undefined // the SDK sets its clock by that
    throw refusal
  }

  async #signed({ Key, Body }: SmallPut, { url, signature }: Address, headers: Record<string, string>): Promise<Sent> {
    const { config } = this.#client
    const { protocol, hostname, port } = url
    const request = { method: 'PUT', path: url.pathname + pathOf(Key), headers, body: Body }
    const sent = signature.sign(request, await config.credentials(), new Date(Date.now() + config.systemClockOffset))
    return { ...request, protocol, hostname, ...(port && { port: Number(port) }), query: {}, headers: sent }
  }

  /** undefined where it cannot be signed: the usual way tells why. */
  async #addressed(): Promise<Address | undefined> {
    this.#address ??= this.#link('k').then(addressOf, () => (this.#address = undefined))
    return this.#address
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

function addressOf(link: string): Address {
  const [region = '', service = ''] = new URL(link).searchParams.get('X-Amz-Credential')?.split('/').slice(-3) ?? []
  return { url: new URL('.', link), signature: new Signature({ region, service }) }
}

function crcOf(body: Uint8Array): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString('base64')
}

const pathOf = (key: string): string => key.split('/').map(encoded).join('/')

/** Of RFC 3986 no more than its unreserved characters stay. */
const encoded = (part: string): string => encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
