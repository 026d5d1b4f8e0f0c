import type { Call } from '../core/backend.ts'
import { collect } from '../core/bytes.ts'
import { throwIfAborted, VfsError } from '../core/error.ts'
import { WebClient } from '../core/web.ts'
import { CarSource } from './car-source.ts'
import type { Named } from './named.ts'
import type { Source, Wanted } from './types.ts'

const SHOWN = 300

/** Asks a lassie daemon for a CAR of what is wanted; it finds and asks the providers. Rejects CONTENT_NOT_FOUND_IN_TIME, NO_PEERS, SERVICE_UNAVAILABLE. */
export async function daemonSource(daemon: string, wanted: Wanted, providers: readonly Named[] | undefined, { signal }: Call): Promise<Source> {
  const client = new WebClient(() => undefined) // it stands on the loopback address
  const response = await client.ask(requestOf(daemon, wanted, providers), { headers: { accept: CAR }, signal }).catch((cause: unknown) => {
    throwIfAborted(signal, 'retrieve')
    throw new VfsError('SERVICE_UNAVAILABLE', 'lassie does not answer', { cause, hint: 'Repeat the call in a moment; `polymount services` shows its state.' })
  })
  if (response.statusCode !== 200) throw refused(response.statusCode, await said(response))
  const source = new CarSource(response, 'lassie')
  return {
    ahead: source.ahead,
    get: (cid) => source.get(cid),
    end: () => source.end(),
    [Symbol.asyncDispose]: async () => {
      response.destroy()
      client[Symbol.dispose]()
    },
  }
}

const CAR = 'application/vnd.ipld.car; version=1; order=dfs; dups=n'

function requestOf(daemon: string, { root, names, scope, part }: Wanted, providers: readonly Named[] | undefined): URL {
  const url = new URL(`/ipfs/${[root.toString(), ...names.map(decodedTwice)].join('/')}`, daemon)
  url.searchParams.set('dag-scope', scope)
  if (part) url.searchParams.set('entity-bytes', `${part.offset}:${part.length === undefined ? '*' : part.offset + part.length - 1}`)
  if (providers) url.searchParams.set('providers', providers.map(({ dial, url: web }) => (web ? web.origin + web.pathname.replace(/\/$/, '') : dial)).join(','))
  return url
}

/** Lassie decodes a path once more than others do. */
const decodedTwice = (name: string): string => encodeURIComponent(name).replaceAll('%25', '%2525')

const said = async (response: AsyncIterable<Uint8Array>): Promise<string> =>
  collect(response, 64 << 10).then(
    (bytes) => Buffer.from(bytes).toString().trim().slice(0, SHOWN),
    () => '',
  )

/** 502: nobody was found to ask. 504: nobody of those who were asked delivered. */
function refused(status: number | undefined, message: string): VfsError {
  if (status === 502) return new VfsError('NO_PEERS', `lassie found nobody who has it: ${message}`, { hint: BY_DAEMON })
  if (status === 504) return new VfsError('CONTENT_NOT_FOUND_IN_TIME', `nobody delivered it to lassie: ${message}`, { hint: BY_DAEMON })
  return new VfsError(status === 400 ? 'INVALID_ARGUMENT' : 'UNAVAILABLE', `lassie answers ${status}: ${message}`)
}

/** What to do where it did not deliver. */
export const BY_DAEMON =
  'Nothing was written. Name providers that have it, by HTTP or graphsync (lassie has no bitswap), or repeat the call later, with a longer timeout_ms.'
