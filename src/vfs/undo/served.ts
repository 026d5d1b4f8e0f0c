import { VfsError } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { Place } from '../../journal/types.ts'
import type { Target, Targets } from '../target.ts'

/** Where the places of the journal are served here and now, by the rules of today. Rejects VOLUME_CHANGED. */
export class Served {
  readonly #targets: Targets

  constructor(targets: Targets) {
    this.#targets = targets
  }

  target(place: Place, signal: AbortSignal | undefined): Promise<Target> {
    return this.#targets.named('undo', this.#path(place), signal)
  }

  /** The same for a change of parts, which can be of a whole mount. */
  container(place: Place, signal: AbortSignal | undefined): Promise<Target> {
    return this.#targets.container('undo', this.#path(place), { signal, itself: true })
  }

  /** By the name of here, not that of the gateway that has changed it. */
  name(place: Place): VfsPath {
    return this.#targets.shown(place) ?? place.shown
  }

  isShown(place: Place): boolean {
    return this.#targets.shown(place) !== undefined
  }

  /** Served, but hidden by a rule. */
  isHidden(place: Place): boolean {
    return !this.isShown(place) && this.#targets.table.showing(place.volume, place.inner).length > 0
  }

  #path(place: Place): VfsPath {
    const served = this.#targets.table.showing(place.volume, place.inner)
    const shown = served.find(({ mount }) => mount.versions === 'on') ?? served[0] // what an undo replaces is kept if that can be
    if (!shown) throw new VfsError('VOLUME_CHANGED', 'the storage of what was changed is not mounted now', { op: 'undo' })
    return shown.path
  }
}
