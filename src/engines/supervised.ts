import type { Config } from '../config/schema.ts'
import { kuboNode } from '../ipfs/kubo/index.ts'
import { told } from '../services/describe.ts'
import type { Services } from '../services/types.ts'
import { embedded } from './embedded.ts'
import { notOurs } from './not-ours.ts'
import type { Engine, EngineParts } from './types.ts'
import { userDaemon } from './user-daemon.ts'

const KUBO = 'kubo'

/** A daemon that we start, watch and heal. The node in this process replaces it only where the configuration says so, and only from the start on. */
export async function supervised(config: Config, parts: EngineParts): Promise<Engine> {
  const { data_dir: folder, ipfs } = config
  const services = await parts.services.get()
  try {
    if (ipfs.fallback === 'embedded') await services.endpoint(KUBO)
  } catch (error) {
    await parts.services.close()
    parts.log('Kubo cannot be used, and the configuration lets the embedded node take its place', error)
    return embedded(config, parts, async () => [replaced(error)])
  }
  // A node is there for others, whether anybody here calls it or not.
  if (ipfs.network === 'node') services.endpoint(KUBO).catch(() => {}) // the call that needs it is told
  const node = await kuboNode({ endpoint: (call) => services.endpoint(KUBO, call), folder, network: ipfs.network, repository: repositoryOf(config) })
  return {
    node,
    collect: ipfs.kubo.repo === undefined ? (options) => node.collect(options) : notOurs,
    absence: () => services.absence(KUBO),
    notes: async () => [...(await notesOf(services)), ...(ipfs.kubo.repo === undefined ? await userDaemon(parts) : [])],
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}

/** Of the journal: a change of one repository is never taken back in another. */
const repositoryOf = ({ ipfs: { kubo } }: Config): string => (kubo.repo === undefined ? KUBO : `${KUBO}:${kubo.repo}`)

async function notesOf(services: Services): Promise<string[]> {
  const all = await services.status()
  return all.flatMap((status) => [
    ...(status.reason === null && !status.held ? [] : [told(status, Date.now())]),
    ...status.notes.map((note) => `${status.name}: ${note}`),
  ])
}

const replaced = (error: unknown): string =>
  `Kubo could not be started (${error instanceof Error ? error.message : String(error)}); the embedded node serves instead until polymount starts again, with pins and files of its own`
