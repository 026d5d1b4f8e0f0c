import type { Call } from '../../core/backend.ts'

/** Where a daemon's RPC answers now. */
export interface Target {
  /** As `http://127.0.0.1:5001`. */
  readonly url: string
  /** The header of this name. */
  readonly authorization?: string | undefined
}

/** Asked for each call, since a supervised daemon may come back at another port. Rejects SERVICE_UNAVAILABLE. */
export type Endpoint = (call?: Call) => Promise<Target>
