import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, VfsError } from '../../core/error.ts'
import type { Key, Names, PublishOptions, Reached, Signed } from '../network-types.ts'
import { isDomain } from '../dnslink.ts'
import { canonical, checkKeyName, requireKey, target, tooFar } from '../naming.ts'
import { isName, parseName } from '../path.ts'
import { reaching } from '../reaching.ts'
import type { NetworkMode } from '../types.ts'
import { type Company, noPeers } from './company.ts'
import { isTooFar } from './errors.ts'
import { Form } from './form.ts'
import type { Online } from './online.ts'
import { LOCALLY, type Rpc } from './rpc.ts'

const Published = z.object({ Name: z.string(), Value: z.string() })
const Named = z.object({ Name: z.string(), Id: z.string() })
const Listed = z.object({ Keys: z.array(Named) })
const Record = z.object({ Extra: z.string() })
const Resolved = z.object({ Path: z.string() })

const MOMENT_MS = 1000
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

  publish(path: string, { key, lifetimeMs, ttlMs, offline, ...reached }: PublishOptions): Promise<{ readonly name: string; readonly value: string }> {
    return reaching('publish', reached, async (signal) => {
      await requireKey(this, key, { signal })
      const told = { arg: await target(path), key, lifetime: `${lifetimeMs}ms`, ttl: `${ttlMs}ms`, resolve: false }
      const { rpc, online, company } = this.#parts
      const to = offline ? rpc : online('name/publish')
      if (!offline) await company.required({ signal }) // Kubo signs also where there is nobody to tell
      const { Name, Value } = await to.value('name/publish', { ...told, ...(offline && { offline, 'allow-offline': true }) }, Published, { signal })
      return { name: Name, value: Value }
    })
  }

  async last({ id }: Key, call: Call = {}): Promise<Signed | undefined> {
    const { readRecord } = await import('../record.ts')
    try {
      const { Extra } = await this.#parts.rpc.value('routing/get', { arg: `/ipns/${id}`, ...LOCALLY }, Record, call)
      return readRecord(Buffer.from(Extra, 'base64'))
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
      await this.#parts.rpc.value('name/publish', { ...query, ...LOCALLY, 'allow-offline': true }, Published, call)
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

  /** Where there is nobody to ask, nobody knows that there is no such name. */
  async #unfound(name: string, error: unknown, call: Call): Promise<never> {
    if (!isCode(error, 'NAME_NOT_FOUND')) throw error
    if (isTooFar(error)) throw tooFar(name)
    const { network, company } = this.#parts
    const unasked = network !== 'off' && !isDomain(parseName(name).name) && (await company.state(call)) === 'alone'
    throw unasked ? noPeers(error) : error
  }

  async #isPublished(id: string, call: Call): Promise<boolean> {
    try {
      await this.resolve(`/ipns/${id}`, { ...call, fresh: true })
      return true
    } catch (error) {
      if (isCode(error, 'NAME_NOT_FOUND')) return false
      throw error
    }
  }
}

const keyOf = ({ Name, Id }: z.output<typeof Named>): Key => ({ name: Name, id: Id })
