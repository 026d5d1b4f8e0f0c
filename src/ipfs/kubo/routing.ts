import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import type { Query } from '../../core/wire.ts'
import { isCode } from '../../core/error.ts'
import { found, type Limited, unknownPeer } from '../found.ts'
import type { PeerInfo, Reached, Routing } from '../network-types.ts'
import { peerIdOf } from '../peer-id.ts'
import { reaching } from '../reaching.ts'
import type { Company } from './company.ts'
import type { Online } from './online.ts'

const FINAL_PEER = 2
const PROVIDER = 4

const Answer = z.object({ ID: z.string().nullish(), Addrs: z.array(z.string()).nullish() })
const Step = z.object({ Type: z.number(), ID: z.string().nullish(), Responses: z.array(Answer).nullish() })
type Step = z.output<typeof Step>

/** The daemon's routers. */
export class KuboRouting implements Routing {
  readonly #online: Online
  readonly #company: Company

  constructor(online: Online, company: Company) {
    this.#online = online
    this.#company = company
  }

  findPeer(peer: string, options: Reached = {}): Promise<PeerInfo> {
    return reaching('findPeer', options, async (signal) => {
      const wanted = (await peerIdOf(peer)).toString()
      const info = await this.#found(wanted, signal).catch((error: unknown) => {
        throw isCode(error, 'NAME_NOT_FOUND') ? unknownPeer(peer, error) : error // Kubo has one message for both
      })
      if (!info || info.addresses.length === 0) throw unknownPeer(peer)
      return info
    })
  }

  async *findProviders(cid: string, options: Limited): AsyncGenerator<PeerInfo> {
    yield* found('findProviders', options, (signal) => this.#providers(cid, options.limit, signal))
  }

  async *closestPeers(peer: string, options: Limited): AsyncGenerator<PeerInfo> {
    yield* found('closestPeers', options, (signal) => this.#closest(peer, signal))
  }

  provide(cid: string, options: Reached = {}): Promise<void> {
    return reaching('provide', options, async (signal) => {
      for await (const _ of this.#steps('routing/provide', { arg: await parsed(cid) }, { signal })) continue
    })
  }

  async #found(wanted: string, signal: AbortSignal): Promise<PeerInfo | undefined> {
    for await (const step of this.#steps('routing/findpeer', { arg: wanted }, { signal })) {
      const info = step.Type === FINAL_PEER ? infos(step).find((one) => one.peer === wanted) : undefined
      if (info) return info
    }
    return undefined
  }

  async *#providers(cid: string, limit: number, signal: AbortSignal): AsyncGenerator<PeerInfo> {
    const query = { arg: await parsed(cid), 'num-providers': limit }
    for await (const step of this.#steps('routing/findprovs', query, { signal })) if (step.Type === PROVIDER) yield* infos(step)
  }

  /** Those that Kubo names at the end come without addresses; what it heard of them on the way is given. */
  async *#closest(peer: string, signal: AbortSignal): AsyncGenerator<PeerInfo> {
    const heard = new Map<string, readonly string[]>()
    for await (const step of this.#steps('dht/query', { arg: (await peerIdOf(peer)).toString() }, { signal })) {
      for (const info of infos(step)) heard.set(info.peer, info.addresses)
      if (step.Type === FINAL_PEER && step.ID) yield { peer: step.ID, addresses: heard.get(step.ID) ?? [] }
    }
  }

  async *#steps(op: string, query: Query, call: Call): AsyncGenerator<Step> {
    const rpc = this.#online(op)
    await this.#company.required(call) // alone, it gives four answers to one question
    yield* rpc.lines(op, query, Step, call)
  }
}

const infos = ({ Responses }: Step): PeerInfo[] => (Responses ?? []).flatMap(({ ID, Addrs }) => (ID ? [{ peer: ID, addresses: Addrs ?? [] }] : []))

const parsed = async (cid: string): Promise<string> => (await import('../../content/unixfs/index.ts')).parseCid(cid).toString()
