import { VfsError } from '../core/error.ts'
import type { Config } from './schema.ts'
import { resolveSecret } from './secret.ts'

const NAMED = 'secret:'

/** Resolves what the configuration refers to, when it is needed. A named secret is sent only to the endpoints it was given for. */
export class Secrets {
  readonly #named: Config['secrets']
  readonly #env: NodeJS.ProcessEnv

  constructor(named: Config['secrets'], env: NodeJS.ProcessEnv) {
    this.#named = named
    this.#env = env
  }

  /** Rejects SECRET_MISSING, and DENIED for an endpoint that the secret is not for. */
  async resolve(reference: string, endpoint: string): Promise<string> {
    return resolveSecret(reference.startsWith(NAMED) ? this.#from(reference, endpoint) : reference, this.#env)
  }

  #from(reference: string, endpoint: string): string {
    const name = reference.slice(NAMED.length)
    const secret = Object.hasOwn(this.#named, name) ? this.#named[name] : undefined
    if (!secret) throw new VfsError('SECRET_MISSING', `the configuration has no ${reference}`, { op: 'config' })
    if (secret.for.some((allowed) => isWithin(allowed, endpoint))) return secret.from
    throw new VfsError('DENIED', `${reference} is not for ${endpoint}`, { op: 'config' })
  }
}

/** The same origin: a host name that only begins alike is another one. */
const isWithin = (allowed: string, endpoint: string): boolean => URL.canParse(endpoint) && new URL(allowed).origin === new URL(endpoint).origin
