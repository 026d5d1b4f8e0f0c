import { VfsError } from '../core/error.ts'
import type { Cluster } from './client.ts'

export interface ConfiguredCluster {
  readonly name: string
  /** As its type of backend takes them. */
  readonly options: Readonly<Record<string, unknown>>
}

/** The clusters that a person configured, as backends. */
export class Clusters {
  readonly #configured: readonly ConfiguredCluster[]
  readonly #secret: (reference: string, endpoint: string) => Promise<string>

  constructor(configured: readonly ConfiguredCluster[], secret: (reference: string, endpoint: string) => Promise<string>) {
    this.#configured = configured
    this.#secret = secret
  }

  /** Why there is none; undefined if there is. */
  absence(): VfsError | undefined {
    if (this.#configured.length > 0) return undefined
    return new VfsError('SERVICE_UNAVAILABLE', 'no cluster is configured', {
      retryable: false,
      hint: 'A person names one: { "backends": { "team": { "type": "cluster", "options": { "api": "http://127.0.0.1:9094" } } } }',
    })
  }

  /** Without a name: the only one. Rejects BACKEND_NOT_FOUND, INVALID_ARGUMENT. */
  async get(name?: string): Promise<Cluster> {
    const names = this.#configured.map((each) => each.name)
    if (name === undefined && names.length > 1) throw new VfsError('INVALID_ARGUMENT', `backend: there are several clusters: ${names.join(', ')}`)
    const found = this.#configured.find((each) => name === undefined || each.name === name)
    if (!found) throw new VfsError('BACKEND_NOT_FOUND', `no cluster is called ${name}`, { details: { names } })
    const [{ Cluster }, { ClusterApi }] = await Promise.all([import('./client.ts'), import('./types.ts')])
    const { api, authorization } = ClusterApi.parse(found.options)
    return new Cluster({ api, authorization: authorization === undefined ? undefined : await this.#secret(authorization, api) })
  }
}
