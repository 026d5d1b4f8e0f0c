import { LRUCache } from 'lru-cache'
import type { PrivateKey } from '@libp2p/interface'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import { unknownName } from '../absent.ts'
import type { Key, Names, Published, PublishOptions, Reached, Signed } from '../network-types.ts'
import { isDomain } from '../dnslink.ts'
import { canonical, latest, requireWon, target, tooFar } from '../naming.ts'
import { isName, parseName } from '../path.ts'
import { reaching } from '../reaching.ts'
import type { KeyFolder } from './key-folder.ts'
import type { NameRouting } from './name-routing.ts'
import type { NameStore, OwnRecord } from './name-store.ts'

const MAX_STEPS = 32
const MAX_TTL_MS = 60 * 60_000
const MAX_CACHED = 1000
const DOMAIN_TTL_MS = 60_000
const MAX_ATTEMPTS = 10
const RENEWED_FOR_MS = 48 * 60 * 60_000

const ipns = () => import('./ipns.ts')

type Wanted = Pick<OwnRecord, 'key' | 'value' | 'lifetime' | 'ttl' | 'told'>

type ResolveOptions = Reached & { readonly recursive?: boolean | undefined; readonly fresh?: boolean | undefined }

/** IPNS: what was signed here is durable here, and the network is told of it. */
export class EmbeddedNames implements Names {
  readonly #folder: KeyFolder
  readonly #store: NameStore
  readonly #routing: NameRouting
  readonly #cache = new LRUCache<string, Signed>({ max: MAX_CACHED })

  readonly #domains = new LRUCache<string, string>({ max: MAX_CACHED, ttl: DOMAIN_TTL_MS, noUpdateTTL: true })

  constructor(folder: KeyFolder, store: NameStore, routing: NameRouting) {
    this.#folder = folder
    this.#store = store
    this.#routing = routing
  }

  async keys(call?: Call): Promise<readonly Key[]> {
    throwIfAborted(call?.signal, 'keys')
    return this.#folder.list()
  }

  async makeKey(name: string, call?: Call): Promise<Key> {
    throwIfAborted(call?.signal, 'makeKey')
    return this.#folder.make(name)
  }

  async addKey(name: string, key: Uint8Array, call?: Call): Promise<Key> {
    throwIfAborted(call?.signal, 'addKey')
    return this.#folder.put(name, await privateKey(key))
  }

  async publish(path: string, { key, lifetimeMs, ttlMs, offline, ...reached }: PublishOptions): Promise<Published> {
    const { id, value } = await reaching('publish', reached, async (signal) => {
      const wanted = { key, value: await target(path), lifetime: lifetimeMs, ttl: ttlMs }
      return offline ? this.#signed({ ...wanted, told: 0 }, 0, signal) : this.#told({ ...wanted, told: 1 }, signal)
    })
    const published = { name: id, value }
    if (!offline) requireWon(published, [await this.#routing.look(id, reached.signal), await this.#store.get(id)])
    return published
  }

  async last({ id }: Key): Promise<Signed | undefined> {
    return this.#store.get(id)
  }

  /** The network is told when it is next time to tell it, as a Kubo does with all its names. */
  async takeUp({ name: key, id }: Key, signed: Signed): Promise<boolean> {
    const [{ sign }, own] = await Promise.all([ipns(), this.#folder.find(key)])
    return this.#store.put({ ...signed, id, key, record: await sign(own, signed), lifetime: RENEWED_FOR_MS, told: 1 })
  }

  resolve(name: string, { recursive = false, fresh = false, ...reached }: ResolveOptions = {}): Promise<string> {
    return reaching('resolve', reached, async (signal) => {
      for (let steps = 0, path = name; steps < MAX_STEPS; steps++) {
        path = await this.#step(path, fresh, signal)
        if (!recursive || !isName(path)) return path
      }
      throw tooFar(name)
    })
  }

  /** Tells the network what it is to know, and renews what is half over; true if somebody took all of it. */
  async republish(signal: AbortSignal): Promise<boolean> {
    const outcomes: boolean[] = []
    for (const record of await this.#store.told()) {
      const told = this.#tellAgain(record, signal)
      outcomes.push(
        await told.then(
          () => true,
          () => false,
        ),
      )
    }
    return outcomes.every(Boolean)
  }

  async #tellAgain(record: OwnRecord, signal: AbortSignal): Promise<void> {
    const half = record.expires - Date.now() < record.lifetime / 2
    const { id, record: bytes } = half ? await this.#renewed(record) : record
    await this.#routing.tell(id, bytes, signal)
  }

  /** No step further, since another machine may have gone one; unless another process has. */
  async #renewed(old: OwnRecord): Promise<OwnRecord> {
    const [{ sign }, key] = await Promise.all([ipns(), this.#folder.find(old.key)])
    const record = { ...old, expires: Date.now() + old.lifetime }
    const renewed = { ...record, record: await sign(key, record) }
    return (await this.#store.put(renewed)) ? renewed : ((await this.#store.get(old.id)) ?? renewed)
  }

  async #told(wanted: Wanted, signal: AbortSignal): Promise<OwnRecord> {
    await this.#routing.company() // before anything is signed
    const known = await this.#routing.look(await this.#idOf(wanted.key), signal)
    const record = await this.#signed(wanted, known?.sequence ?? 0, signal)
    await this.#routing.tell(record.id, record.record, signal)
    return record
  }

  async #idOf(key: string): Promise<string> {
    const [{ idOf }, own] = await Promise.all([ipns(), this.#folder.find(key)])
    return idOf(own)
  }

  /** Later than `above`, which somebody else with the key has signed. What another process signs in between makes ours one later. */
  async #signed(wanted: Wanted, above: number, signal: AbortSignal): Promise<OwnRecord> {
    const [{ idOf, sign }, key] = await Promise.all([ipns(), this.#folder.find(wanted.key)])
    const id = idOf(key)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const last = Math.max(above, (await this.#store.get(id))?.sequence ?? 0)
      const said = { value: wanted.value, sequence: last + 1, expires: Date.now() + wanted.lifetime, ttl: Math.min(wanted.ttl, wanted.lifetime) }
      const record: OwnRecord = { ...wanted, ...said, id, record: await sign(key, said) }
      throwIfAborted(signal, 'publish')
      if (await this.#store.put(record)) return record
    }
    throw new VfsError('BUSY', `other processes keep publishing ${id}`)
  }

  async #step(path: string, fresh: boolean, signal: AbortSignal): Promise<string> {
    const { name, names } = parseName(path)
    const { value } = isDomain(name) ? await this.#linked(name.toLowerCase(), fresh, signal) : await this.#look(await canonical(name), fresh, signal)
    return [value.replace(/\/$/, ''), ...names].join('/')
  }

  async #linked(domain: string, fresh: boolean, signal: AbortSignal): Promise<Pick<Signed, 'value'>> {
    const known = fresh ? undefined : this.#domains.get(domain)
    const value = known ?? (await this.#routing.dnsLink(domain, signal))
    this.#domains.set(domain, value)
    return { value }
  }

  /** Our own word counts for a name of ours, unless somebody with the same key said something later. */
  async #look(id: string, fresh: boolean, signal: AbortSignal): Promise<Pick<Signed, 'value'>> {
    const own = await this.#store.get(id)
    const ours = own && own.expires > Date.now() ? own : undefined
    const known = ours ?? this.#cache.get(id)
    if (known && !fresh) return known
    const found = await this.#routing.find(id, signal).catch((error: unknown) => {
      if (!ours || !isCode(error, 'OFFLINE', 'NO_PEERS')) throw error // what we said ourselves stands without company
    })
    if (found) this.#cache.set(id, found, { ttl: Math.max(1, Math.min(found.ttl, found.expires - Date.now(), MAX_TTL_MS)) })
    const best = latest([ours, found ?? undefined])
    if (best) return best
    throw unknownName(`/ipns/${id}`)
  }
}

async function privateKey(key: Uint8Array): Promise<PrivateKey> {
  const { privateKeyFromProtobuf } = await import('@libp2p/crypto/keys')
  try {
    return privateKeyFromProtobuf(key)
  } catch (cause) {
    throw new VfsError('INVALID_ARGUMENT', 'this is no key of libp2p', { cause })
  }
}
