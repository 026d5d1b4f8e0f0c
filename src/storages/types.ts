import type { Backend, Call } from '../core/backend.ts'

/** A storage that can be named. */
export interface Named {
  readonly name: string
  readonly type: string
  /** An agent's own, for as long as this process runs. */
  readonly registered: boolean
}

/** The storages that mounts and tools choose among. */
export interface Storages {
  all(): readonly Named[]
  /** Opened by whoever is first. Rejects BACKEND_NOT_FOUND. */
  open(name: string): Promise<Backend>
  /**
   * What an agent wants to use beside what is configured. It is opened before it counts. Rejects DENIED for all that a
   * person has not allowed, ALREADY_EXISTS, INVALID_ARGUMENT.
   */
  register(wish: { readonly name: string; readonly type: string; readonly options: Readonly<Record<string, unknown>> }, call?: Call): Promise<Backend>
  /** Closes a registered one, which nothing may use any more. Rejects BACKEND_NOT_FOUND, and DENIED for a configured one. */
  remove(name: string): Promise<void>
}
