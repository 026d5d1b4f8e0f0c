import { parseCid } from '../content/unixfs/index.ts'
import type { Call } from '../core/backend.ts'
import { isCode, VfsError } from '../core/error.ts'
import { isPublic } from '../core/public-address.ts'
import { WebClient } from '../core/web.ts'
import { located } from '../ipfs/path.ts'
import { reachingEach } from '../ipfs/reaching.ts'
import type { IpfsNode, NetworkMode } from '../ipfs/types.ts'
import { refusing } from './addresses.ts'
import { BY_DAEMON, daemonSource } from './daemon.ts'
import { gatewayProvider } from './gateway-provider.ts'
import { checkedProvider, type Named, namedProvider } from './named.ts'
import { anybody, LocalFirst, peerProvider } from './node-source.ts'
import { Providers } from './providers.ts'
import type { Delivery, Found, Request, Retrieval, RetrieveOptions, Source, Wanted } from './types.ts'
import { walkOf } from './walk.ts'

export interface RetrievalParts extends Pick<Retrieval, 'daemon'> {
  readonly node: IpfsNode
  readonly network: NetworkMode
  /** Agents may name providers on this machine and in private networks. */
  readonly privateAddresses: boolean
}

export async function* retrieve(parts: RetrievalParts, request: Request, { providers, timeoutMs, signal, onBlock }: RetrieveOptions): AsyncGenerator<Found> {
  let blocks = 0
  const came = ({ bytes, from }: Delivery): void => {
    blocks++
    onBlock?.(bytes.length, from)
  }
  try {
    yield* reachingEach('retrieve', { signal, timeoutMs }, async function* (end) {
      const wanted = await wantedOf(request, parts.node, { signal: end })
      await using source = await sourceOf(parts, wanted, providers, { signal: end })
      yield* walkOf(source, wanted, came, { signal: end })
    })
  } catch (error) {
    if (!isCode(error, 'TIMEOUT')) throw error
    const message = `${blocks} blocks came within ${timeoutMs} ms, and that is not all`
    throw new VfsError('CONTENT_NOT_FOUND_IN_TIME', message, { op: 'retrieve', cause: error, hint: parts.daemon ? BY_DAEMON : LONGER })
  }
}

async function wantedOf({ path, ...rest }: Request, { names }: IpfsNode, call: Call): Promise<Wanted> {
  const at = await located(path, names, call)
  return { ...rest, root: parseCid(at.cid), names: at.names }
}

async function sourceOf(parts: RetrievalParts, wanted: Wanted, addresses: readonly string[] | undefined, call: Call): Promise<Source> {
  const { node, network, privateAddresses, daemon } = parts
  const all = addresses?.map(namedProvider)
  if (network === 'off') return new LocalFirst(node, anybody(node)) // which then says OFFLINE of all that is not here
  const allows = privateAddresses ? () => true : isPublic
  const named = all && (await Promise.all(all.map((one) => checkedProvider(one, allows))))
  if (daemon) return daemonSource(await daemon(call), wanted, named, call)
  return new LocalFirst(node, named ? theseAlone(named, node, new WebClient(refusing(allows))) : anybody(node))
}

const theseAlone = (named: readonly Named[], node: IpfsNode, client: WebClient): Source =>
  new Providers(
    named.map((one) => (one.url ? gatewayProvider(one.address, one.url, client) : peerProvider(one, node))),
    client,
  )

const LONGER = 'Nothing was written. Repeat the call with a longer timeout_ms, or name other providers.'
