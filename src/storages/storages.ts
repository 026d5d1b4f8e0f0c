import { setTimeout as sleep } from 'node:timers/promises'
import type { PlannedBackend, PlannedMount } from '../config/mounts.ts'
import type { Config } from '../config/schema.ts'
import type { Backend, Call } from '../core/backend.ts'
import { orAborted } from '../core/bytes.ts'
import { throwIfAborted, VfsError } from '../core/error.ts'
import { layersOf } from '../layers/usual.ts'
import { ContentMemory } from '../layers/pages.ts'
import { stack } from '../layers/stack.ts'
import { UnavailableBackend } from '../layers/unavailable.ts'
import type { MountSpec } from '../vfs/types.ts'
import { allowed } from './registering.ts'
import type { StorageTypes } from './storage-type.ts'
import type { Named, Storages } from './types.ts'

export interface StoragesParts<P> {
  readonly config: Config
  readonly types: StorageTypes<P>
  readonly parts: P
  readonly served: readonly string[]
}

const OPEN_MS = 3000
const REGISTER_MS = 30_000
const REMEMBERED_BYTES = 64 << 20
const MOST = 32

/** Opens each storage once, whoever mounts it, and closes them. */
export class OpenStorages<P> implements Storages, AsyncDisposable {
  readonly #parts: StoragesParts<P>
  readonly #memory = new ContentMemory(REMEMBERED_BYTES)
  readonly #open = new Map<PlannedBackend, Promise<Backend>>()
  readonly #registered = new Map<string, PlannedBackend>()
  /** Those whose mount is not in its place yet: before its rules hold, nobody uses them by another way. */
  readonly #late = new Map<PlannedBackend, number>()
  readonly #over = new AbortController()

  constructor(parts: StoragesParts<P>) {
    this.#parts = parts
  }

  all(): readonly Named[] {
    const configured = Object.entries(this.#parts.config.backends).map(([name, { type }]) => ({ name, type, registered: false }))
    return [...configured, ...[...this.#registered].map(([name, { type }]) => ({ name, type, registered: true }))]
  }

  async open(name: string): Promise<Backend> {
    const planned = this.#configured(name) ?? this.#registered.get(name)
    if (!planned) throw unknown(name, this.all())
    const opened = await withinTime(this.#opened(planned), OPEN_MS, name)
    if (this.#late.has(planned)) throw opening(name)
    return opened
  }

  async register(wish: Parameters<Storages['register']>[0], call?: Call): Promise<Backend> {
    const { name } = wish
    const { config, types, served } = this.#parts
    const planned = await allowed(wish, config, types, served)
    if (this.#configured(name) || this.#registered.has(name) || Object.hasOwn(types, name)) throw taken(name)
    if (this.#registered.size >= MOST)
      throw new VfsError('QUOTA_EXCEEDED', `${MOST} backends are registered`, { op: 'register', hint: 'Remove one with mbfs_remove_backend.' })
    this.#registered.set(name, planned)
    try {
      return await withinTime(this.#opened(planned), REGISTER_MS, name, call)
    } catch (error) {
      this.#registered.delete(name)
      throw error
    }
  }

  async remove(name: string): Promise<void> {
    if (this.#configured(name)) throw new VfsError('DENIED', `${name} stands in the configuration`, { op: 'remove', hint: 'Only a person can take it away.' })
    const planned = this.#registered.get(name)
    if (!planned) throw unknown(name, this.all())
    this.#registered.delete(name)
    const opened = this.#open.get(planned)
    this.#open.delete(planned)
    if (opened) await close(opened)
  }

  async mounted({ path, name, backend, root, readOnly, versions }: PlannedMount): Promise<MountSpec> {
    const opened = await this.#opened(backend)
    this.#arrived(backend)
    return { path, name, backend: stack(opened, { readOnly }), root, readOnly, versions, configured: true }
  }

  /** Never rejects, and makes nobody wait for it: what cannot be opened by then is mounted as unavailable. */
  async mountedSoon(planned: PlannedMount): Promise<MountSpec> {
    const { path, name, backend, root, readOnly, versions } = planned
    this.#late.set(backend, (this.#late.get(backend) ?? 0) + 1)
    try {
      await withinTime(this.#opened(backend), OPEN_MS, name)
      return await this.mounted(planned)
    } catch (error) {
      return { path, name, backend: new UnavailableBackend(backend.type, error), root, readOnly, versions, configured: true }
    }
  }

  /** What is still being opened is not waited for: its storage may be silent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    for (const opened of this.#open.values()) await close(opened)
  }

  #configured(name: string): PlannedBackend | undefined {
    const { backends } = this.#parts.config
    return Object.hasOwn(backends, name) ? backends[name] : undefined
  }

  #arrived(planned: PlannedBackend): void {
    const left = (this.#late.get(planned) ?? 1) - 1
    if (left > 0) this.#late.set(planned, left)
    else this.#late.delete(planned)
  }

  #opened(planned: PlannedBackend): Promise<Backend> {
    const known = this.#open.get(planned)
    if (known) return known
    const { signal } = this.#over
    const work = this.#opening(planned, { signal })
    const opening = orAborted(work, signal)
    this.#open.set(planned, opening)
    opening.catch(() => {
      this.#open.delete(planned) // the next mount of it tries again
      if (signal.aborted) void close(work) // nobody waits for it any more
    })
    return opening
  }

  async #opening(planned: PlannedBackend, call: Call): Promise<Backend> {
    const { types, parts } = this.#parts
    const found = types[planned.type]
    if (!found) throw new VfsError('BACKEND_NOT_FOUND', `there is no type of backend called ${planned.type}`)
    return stack(await found.open(planned.options, parts, call), layersOf(found.usual, planned, this.#memory))
  }
}

async function withinTime<T>(work: Promise<T>, ms: number, name: string, { signal }: Call = {}): Promise<T> {
  const late = new AbortController()
  const over = signal ? AbortSignal.any([late.signal, signal]) : late.signal
  const slow = sleep(ms, undefined, { signal: over })
    .catch(() => throwIfAborted(signal))
    .then(() => Promise.reject(opening(name)))
  try {
    return await Promise.race([work, slow])
  } finally {
    late.abort()
    slow.catch(() => {})
  }
}

const close = (opened: Promise<Backend>): Promise<void> =>
  opened.then(
    (backend) => backend[Symbol.asyncDispose](),
    () => {},
  )

const opening = (name: string): VfsError => new VfsError('UNAVAILABLE', `${name} is being opened`, { op: 'mount', hint: 'Repeat the call in a moment.' })
const unknown = (name: string, all: readonly Named[]): VfsError =>
  new VfsError('BACKEND_NOT_FOUND', `no backend is called ${name}`, { op: 'mount', details: { names: all.map((each) => each.name) } })
const taken = (name: string): VfsError =>
  new VfsError('ALREADY_EXISTS', `a backend is called ${name} already`, { op: 'register', hint: 'Choose another name.' })
