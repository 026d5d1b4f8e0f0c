import type { Call } from '../core/backend.ts'
import type { VfsError } from '../core/error.ts'
import type { State } from './machine.ts'

/** Where a service answers, and what it wants to see. */
export interface Endpoint {
  readonly url: string
  /** The Authorization header; undefined if it asks for none. */
  readonly authorization?: string | undefined
}

/** What a spec has to work with. */
export interface Setting {
  /** The service's own, in the data folder. */
  readonly folder: string
  /** Free when they were chosen, by the names that the spec gave. */
  readonly ports: Readonly<Record<string, number>>
  /** Of this data folder, in a file that only its owner can read. It never stands in arguments or logs. */
  readonly secret: string
  /** Of what it depends on, by name. */
  readonly dependencies: Readonly<Record<string, Endpoint>>
}

/** How the program is started. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  /** All of it: what is not here the program does not get. */
  readonly env: Readonly<Record<string, string>>
  /** What a person should know although it runs. */
  readonly notes: readonly string[]
}

/** What runs already, and is not ours. */
export interface Foreign {
  readonly url: string
  readonly notes: Launch['notes']
}

/** One program. What the supervisor knows of it stands here, and only here. */
export interface ServiceSpec {
  readonly name: string
  /** Services that stand before it in the supervisor's list. */
  readonly dependsOn: readonly string[]
  /** Names of the ports that are chosen for it. */
  readonly ports: readonly string[]
  /** All that decides how it is launched: a process of other settings is ended and not adopted. */
  readonly settings: string
  /** The line of its output that says that it is ready. */
  readonly ready: RegExp
  /** From launch to ready, for one that says nothing and takes no processor. */
  readonly startMs: number
  /** For one that does. After that it is not begun again by itself. */
  readonly longestStartMs: number
  readonly stop: { readonly signal: NodeJS.Signals; readonly graceMs: number }
  readonly memoryLimit?: number | undefined
  /** Where an instance that is not ours serves what is wanted: it is used, and never ended. One that cannot be used rejects as `prepare` does. */
  foreign?(call: Call): Promise<Foreign | undefined>
  /** Makes the folder ready. What a person has to heal rejects with `retryable: false`. */
  prepare(setting: Setting, call: Call): Promise<Launch>
  /** Known once it is ready. */
  url(setting: Setting): Promise<string>
  /** The header for its API. */
  authorization?(secret: string): string | undefined
  /** Rejects if it does not answer as it should. */
  health(endpoint: Endpoint, call: Call): Promise<void>
}

export interface Usage {
  /** Percent of one processor. */
  readonly cpu: number
  readonly memory: number
  /** Open files and sockets; null where the system does not tell. */
  readonly handles: number | null
}

export interface ServiceStatus {
  readonly name: string
  readonly state: State
  /** Why it is not ready. */
  readonly reason: string | null
  /** When it came into this state, in milliseconds since 1970, as all times here. */
  readonly since: number
  /** Failures within the window, of how many that are taken. */
  readonly failures: number
  readonly attempts: number
  readonly retryAt: number | null
  readonly url: string | null
  /** Null for a process that is not ours, and where none runs. */
  readonly pid: number | null
  readonly startedAt: number | null
  /** Since the supervising process took it over. */
  readonly restarts: number
  readonly usage: Usage | null
  readonly notes: readonly string[]
  /** The last lines of its output, once it has broken. */
  readonly tail: readonly string[]
  /** The process of ours that supervises it. */
  readonly supervisor: number | null
  /** True after a person has stopped it, until a person starts it. */
  readonly held: boolean
  /** True until the process that supervises has seen a person's last wish. */
  readonly pending: boolean
}

export type Wish = 'start' | 'stop' | 'restart'

/** The outside processes of a data folder, for whoever needs one. Nothing is started before somebody needs it. */
export interface Services extends AsyncDisposable {
  status(): Promise<ServiceStatus[]>
  /** Waits while it starts for the first time. In every other state but ready it rejects SERVICE_UNAVAILABLE at once, with what happens next. */
  endpoint(name: string, call?: Call): Promise<Endpoint>
  /** What endpoint would reject with now; undefined if it would not. */
  absence(name: string): VfsError | undefined
  /** A person's wish, carried out by whichever process supervises. It lasts: what was stopped stays so until it is started. */
  wish(name: string, wish: Wish): Promise<void>
}
