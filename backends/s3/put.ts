import { crc32 } from 'node:zlib'
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { type Errand, Errands } from './errand.ts'
import { Signature } from './sign.ts'
import { textOf } from './xml.ts'

/** What is asked for, with a body that lies in memory. */
export type SmallPut = Omit<PutObjectCommandInput, 'Body' | 'Key'> & { readonly Key: string; readonly Body: Uint8Array }

const SMALL = 256 * 1024 // bytes; of a larger one the way to it takes no time
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

/** Where the keys of a bucket are, and how a request there is signed. */
interface Address {
  readonly url: URL
  readonly signature: Signature
}

/**
 * Puts small objects. What is left out are the SDK's layers, which know every operation of S3 and take twice as long as the rest of such a
 * request, its signer, and node:http.
 */
export class Puts implements Disposable {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #link: (key: string) => Promise<string>
  #address: Promise<Address | undefined> | undefined
  #errands: Errands | undefined

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
    const errand = address && (await this.#signed(input, address))
    if (!address || !errand) return undefined
    this.#errands ??= new Errands(address.url)
    const { status, headers, text } = await this.#errands.ask(errand, options.abortSignal)
    if (status === 200) return headers['etag'] ?? ''
    const refusal = new Refusal(textOf(text, 'Code'), status, headers)
    if (refusal.name === 'RequestTimeTooSkewed') return undefined // the SDK sets its clock by that
    throw refusal
  }

  [Symbol.dispose](): void {
    this.#errands?.[Symbol.dispose]()
  }

  /** undefined where it cannot be signed: the usual way tells why. */
  async #addressed(): Promise<Address | undefined> {
    this.#address ??= this.#link('k').then(addressOf, () => (this.#address = undefined))
    return this.#address
  }

  /** undefined for what no plain header holds. */
  async #signed(input: SmallPut, { url, signature }: Address): Promise<Errand | undefined> {
    const { config } = this.#client
    const checks = (await config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
    const request = { method: 'PUT', path: url.pathname + pathOf(input.Key), headers: headersOf(input, url.host, checks), body: input.Body }
    const headers = signature.sign(request, await config.credentials(), new Date(Date.now() + config.systemClockOffset))
    return Object.values(headers).every((value) => PLAIN_HEADER.test(value)) ? { ...request, headers } : undefined
  }
}

function headersOf(input: SmallPut, host: string, checks: boolean): Record<string, string> {
  const headers: Record<string, string> = { host, 'content-length': String(input.Body.length), 'content-type': 'application/octet-stream' }
  for (const [name, header] of Object.entries(HEADERS)) {
    const value = input[name as keyof typeof HEADERS]
    if (value !== undefined) headers[header] = value
  }
  for (const [name, value] of Object.entries(input.Metadata ?? {})) headers[`x-amz-meta-${name.toLowerCase()}`] = value
  const checksum = input.ChecksumCRC32 ?? (checks ? crcOf(input.Body) : undefined)
  if (checksum !== undefined) Object.assign(headers, { 'x-amz-checksum-crc32': checksum, 'x-amz-sdk-checksum-algorithm': 'CRC32' })
  return headers
}

/** As errors.ts knows those of the SDK. */
class Refusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number }
  readonly $response: { readonly headers: Readonly<Record<string, string>> }

  constructor(code: string | undefined, status: number, headers: Readonly<Record<string, string>>) {
    super(`the server answered ${status}`)
    this.name = code ?? 'UnknownError'
    this.$metadata = { httpStatusCode: status }
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
