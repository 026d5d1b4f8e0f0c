import { type Connected, connectTo } from './client.ts'
import { openTestGateway } from './gateway.ts'

export interface Served extends AsyncDisposable {
  readonly connected: Connected
  /** The served folder of the disk. */
  readonly folder: string
  /** The same place on each kind of storage. */
  readonly roots: { readonly local: string; readonly memory: string }
  /** Another client of the same gateway. */
  connect(name: string): Promise<Connected>
}

const MEMORY = { backends: { scratch: { type: 'memory', options: {} } }, mounts: [{ path: '/scratch', backend: 'scratch' }] }

/** A gateway over a folder and a memory, with a client; others can join. */
export async function serveEverything(config: Record<string, unknown> = {}): Promise<Served> {
  const { gateway, work, ...opened } = await openTestGateway({ config: { ...MEMORY, ...config } })
  const clients: Connected[] = []
  const connect = async (name: string): Promise<Connected> => {
    const client = await connectTo(gateway.mcp(), { name, era: 'legacy' })
    clients.push(client)
    return client
  }
  return {
    connected: await connect('test'),
    folder: work,
    roots: { local: work, memory: '/scratch' },
    connect,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    },
  }
}
