import { createHmac, hash } from 'node:crypto'

/** What is signed: the names of the headers in small letters, no value with a blank at its ends or two of them together, the path encoded. */
export interface Unsigned {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface Scope {
  readonly region: string
  readonly service: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const CHANGED_ON_THE_WAY = new Set(['cache-control'])

/**
 * Version 4 of AWS's signature, for S3. The SDK's own makes eight objects of OpenSSL for each request and takes four times as long; what
 * stays the same for a day is made once here.
 */
export class Signature {
  readonly #scope: Scope
  #key: { readonly of: string; readonly bytes: Buffer } | undefined

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** The headers with which it is sent. */
  sign({ method, path, headers, body }: Unsigned, keys: Keys, now: Date): Record<string, string> {
    const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    const payload = hash('sha256', body)
    const sent: Record<string, string> = { ...headers, 'x-amz-content-sha256': payload, 'x-amz-date': time }
    if (keys.sessionToken !== undefined) sent['x-amz-security-token'] = keys.sessionToken
    const names = Object.keys(sent)
      .filter((name) => !CHANGED_ON_THE_WAY.has(name))
      .toSorted()
    const lines = names.map((name) => `${name}:${sent[name]}\n`).join('')
    const canonical = `${method}\n${path}\n\n${lines}\n${names.join(';')}\n${payload}`
    const scope = `${time.slice(0, 8)}/${this.#scope.region}/${this.#scope.service}/aws4_request`
    const signature = createHmac('sha256', this.#keyOf(keys, scope))
      .update(`${ALGORITHM}\n${time}\n${scope}\n${hash('sha256', canonical)}`)
      .digest('hex')
    sent['authorization'] = `${ALGORITHM} Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
    return sent
  }

  #keyOf({ secretAccessKey }: Keys, scope: string): Buffer {
    const of = `${secretAccessKey}/${scope}`
    if (this.#key?.of === of) return this.#key.bytes
    const bytes = scope.split('/').reduce((key: Buffer | string, part) => createHmac('sha256', key).update(part).digest(), `AWS4${secretAccessKey}`) as Buffer
    this.#key = { of, bytes }
    return bytes
  }
}
