import type { Backend } from '../core/backend.ts'
import { forward } from './forward.ts'
import { Pace } from './pace.ts'

export interface BandwidthOptions {
  /** Bytes per second from the storage, of all reads together. */
  readonly download?: number | undefined
  /** Bytes per second to it. */
  readonly upload?: number | undefined
}

/** Contents pass no faster than this. Belongs outside of timeout: the storage is not to blame for the wait. */
export function bandwidth(inner: Backend, { download, upload }: BandwidthOptions): Backend {
  const down = download === undefined ? undefined : new Pace(download)
  const up = upload === undefined ? undefined : new Pace(upload)
  return forward(inner, {
    read: (path, options) => (down ? down.of(inner.read(path, options), options?.signal) : inner.read(path, options)),
    write: (path, source, options) => inner.write(path, up ? up.of(source, options?.signal) : source, options),
  })
}
