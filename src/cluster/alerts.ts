import type { Call } from '../core/backend.ts'
import type { Cluster } from './client.ts'
import type { Alert } from './types.ts'

const LOOK_MS = 30_000
/** The cluster itself keeps no more. */
const MOST = 1000

/** What a cluster says is wrong with its peers, each told once. */
export class Alerts implements Disposable {
  readonly #cluster: Pick<Cluster, 'alerts'>
  readonly #tell: (alert: Alert) => void
  readonly #timer: NodeJS.Timeout
  #standing: readonly Alert[] = []

  constructor(cluster: Pick<Cluster, 'alerts'>, tell: (alert: Alert) => void) {
    this.#cluster = cluster
    this.#tell = tell
    this.#timer = setInterval(() => void this.look().catch(() => {}), LOOK_MS).unref() // that it is down is told by its health
  }

  /** As of the last look. */
  get standing(): readonly Alert[] {
    return this.#standing
  }

  async look(call?: Call): Promise<void> {
    const found = (await this.#cluster.alerts(call)).slice(0, MOST)
    const known = new Set(this.#standing.map(nameOf))
    this.#standing = found
    for (const alert of found) if (!known.has(nameOf(alert))) this.#tell(alert)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

const nameOf = ({ peer, name, triggered_at }: Alert): string => JSON.stringify([peer, name, triggered_at])
