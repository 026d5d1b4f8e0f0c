import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, VfsError } from '../../core/error.ts'
import type { Query } from '../../core/wire.ts'
import type { Key, Names, Published, PublishOptions, Reached, Signed } from '../network-types.ts'
import { unknownName } from '../absent.ts'
import { isDomain } from '../dnslink.ts'
import { canonical, checkKeyName, latest, requireKey, requireWon, target, tooFar } from '../naming.ts'
import { isName, parseName } from '../path.ts'
import { LOOK_MS, reaching } from '../reaching.ts'
import type { NetworkMode } from '../types.ts'
import { type Company, noPeers } from './company.ts'
import { isOldRecord, isTooFar } from './errors.ts'
import { Form } from './form.ts'
import type { Online } from './online.ts'
import { LOCALLY, type Rpc } from './rpc.ts'

const Signing = z.object({ Name: z.string(), Value: z.string() })
const Named = z.object({ Name: z.string(), Id: z.string() })
const Listed = z.object({ Keys: z.array(Named) })
const Record = z.object({ Extra: z.string() })
const Resolved = z.object({ Path: z.string() })

const MOMENT_MS = 1000
const LONGER = 'Leave it, or publish it with a longer lifetime.'
const HANDS_OUT_NONE = 'Kubo hands out no record while it is off the network: set ipfs.network to client, and migrate again'

type ResolveOptions = Reached & { readonly recursive?: boolean | undefined; readonly fresh?: boolean | undefined }

export interface NamesParts {
  readonly rpc: Rpc
  readonly online: Online
  readonly network: NetworkMode
  readonly company: Company
}

/** IPNS with the daemon's keys, which stay in its repository. */
export class KuboNames implements Names {
  readonly #parts: NamesParts

  constructor(parts: NamesParts) {
    this.#parts = parts
  }

  async keys(call: Call = {}): Promise<readonly Key[]> {
    return (await this.#parts.rpc.value('key/list', {}, Listed, call)).Keys.map(keyOf)
  }

  async makeKey(name: string, call: Call = {}): Promise<Key> {
    checkKeyName(name)
    return keyOf(await this.#parts.rpc.value('key/gen', { arg: name, type: 'ed25519' }, Named, call))
  }

  async addKey(name: string, key: Uint8Array, call: Call = {}): Promise<Key> {
    checkKeyName(name)
    const form = new Form()
    form.stream.end(Buffer.concat([Buffer.from(form.head), key, Buffer.from(form.tail)]))
    const query = { arg: name, format: 'libp2p-protobuf-cleartext' }
    return keyOf(await this.#parts.rpc.value('key/import', query, Named, { ...call, body: form }))
  }

  async publish(path: string, { key: name, lifetimeMs, ttlMs, offline, ...reached }: PublishOptions): Promise<Published> {
    const [key, value] = await reaching('publish', reached, async (signal) => {
      const [own, arg] = [await requireKey(this, name, { signal }), await target(path)]
      const query = { arg, key: name, lifetime: `${lifetimeMs}ms`, ttl: `${Math.min(ttlMs, lifetimeMs)}ms`, resolve: false }
      await (offline ? this.#sign({ ...query, ...LOCALLY, 'allow-offline': true }, signal) : this.#tell(own, query, signal))
      return [own, arg] as const
    })
    if (!offline) requireWon({ name: key.id, value }, [await this.#look(key, reached.signal), await this.last(key, reached)])
    return { name: key.id, value }
  }

  async last({ id }: Key, call: Call = {}): Promise<Signed | undefined> {
    try {
      return await this.#record(id, LOCALLY, call)
    } catch (error) {
      if (isCode(error, 'NAME_NOT_FOUND') || (isCode(error, 'OFFLINE') && !(await this.#isPublished(id, call)))) return undefined
      throw isCode(error, 'OFFLINE') ? new VfsError('OFFLINE', HANDS_OUT_NONE, { cause: error }) : error
    }
  }

  /** What has expired is signed for a moment, so that it has expired again. */
  async takeUp({ name: key }: Key, { value, sequence, expires, ttl }: Signed, call: Call = {}): Promise<boolean> {
    const lifetime = Math.max(MOMENT_MS, expires - Date.now())
    const count = Math.max(1, sequence) // Kubo's own first one is 0, and it takes none from others
    const query = { arg: value, key, sequence: count, lifetime: `${lifetime}ms`, ttl: `${Math.min(ttl, lifetime)}ms`, resolve: false }
    try {
      await this.#parts.rpc.value('name/publish', { ...query, ...LOCALLY, 'allow-offline': true }, Signing, call)
      return true
    } catch (error) {
      if (isCode(error, 'CONFLICT')) return false
      throw error
    }
  }

  resolve(name: string, { recursive = false, fresh = false, ...reached }: ResolveOptions = {}): Promise<string> {
    return reaching('resolve', reached, async (signal) => {
      const { rpc, online, network } = this.#parts
      const { name: given, names } = parseName(name)
      if (isDomain(given)) online('name/resolve') // it stands nowhere in the daemon
      const path = ['/ipns', isDomain(given) ? given : await canonical(given), ...names].join('/')
      const query = { arg: path, recursive, nocache: fresh, offline: network === 'off' || undefined }
      const value = (await rpc.value('name/resolve', query, Resolved, { signal }).catch((error: unknown) => this.#unfound(name, error, { signal }))).Path
      if (recursive && isName(value)) throw tooFar(name) // where Kubo gives up
      return value
    })
  }

  /** Of what other machines have signed with the key Kubo hears only before its own first publication: it is told how many there are. */
  async #tell(key: Key, query: Query, signal: AbortSignal): Promise<void> {
    const { company, online } = this.#parts
    online('name/publish') // or OFFLINE
    await company.required({ signal }) // Kubo signs also where there is nobody to tell
    const known = latest([await this.#look(key, signal), await this.last(key, { signal })])
    try {
      await this.#sign({ ...query, ...(known && { sequence: known.sequence + 1 }) }, signal)
    } catch (error) {
      if (!known || !isCode(error, 'CONFLICT')) throw error
      await this.#sign(query, signal) // its own count is further
    }
  }

  async #sign(query: Query, signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.rpc.value('name/publish', query, Signing, { signal })
    } catch (error) {
      throw isOldRecord(error) ? new VfsError('CONFLICT', 'the name points there already, and for longer', { cause: error, hint: LONGER }) : error
    }
  }

  /** The latest record that the network tells of within some seconds; undefined also if it cannot be asked. */
  async #look({ id }: Key, signal: AbortSignal | undefined): Promise<Signed | undefined> {
    try {
      return await reaching('resolve', { signal, timeoutMs: LOOK_MS }, (end) => this.#record(id, {}, { signal: end }))
    } catch (error) {
      if (!signal?.aborted) return undefined
      throw error
    }
  }

  async #record(id: string, query: Query, call: Call): Promise<Signed> {
    const { readRecord } = await import('../record.ts')
    const { Extra } = await this.#parts.rpc.value('routing/get', { arg: `/ipns/${id}`, ...query }, Record, call)
    return readRecord(Buffer.from(Extra, 'base64'))
  }

  /** Where there is nobody to ask, nobody knows that there is no such name. */
  async #unfound(name: string, error: unknown, call: Call): Promise<never> {
    if (!isCode(error, 'NAME_NOT_FOUND')) throw error
    if (isTooFar(error)) throw tooFar(name)
    const { online, company } = this.#parts
    online('name/resolve') // or OFFLINE
    const { name: wanted } = parseName(name)
    const unasked = !isDomain(wanted) && (await company.state(call)) === 'alone'
    throw unasked ? noPeers(error) : unknownName(`/ipns/${isDomain(wanted) ? wanted : await canonical(wanted)}`, error)
  }

  async #isPublished(id: string, call: Call): Promise<boolean> {
    try {
      await this.resolve(`/ipns/${id}`, { ...call, fresh: true })
      return true
    } catch (error) {
      if (isCode(error, 'NAME_NOT_FOUND', 'OFFLINE')) return false
      throw error
    }
  }
}

const keyOf = ({ Name, Id }: z.output<typeof Named>): Key => ({ name: Name, id: Id })
