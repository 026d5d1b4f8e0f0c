import { once } from 'node:events'
import { createServer } from 'node:net'

/** A free port of the loopback address for each name: the one it had before, where that is free still, so that addresses stay. */
export async function choosePorts(names: readonly string[], before: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const ports: Record<string, number> = {}
  for (const name of names) {
    let port = await listened(before[name] ?? 0).catch(() => listened(0))
    while (Object.values(ports).includes(port)) port = await listened(0)
    ports[name] = port
  }
  return ports
}

async function listened(port: number): Promise<number> {
  const server = createServer((caller) => caller.destroy()) // of the program that had it: the server would wait for his end
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : port
}
