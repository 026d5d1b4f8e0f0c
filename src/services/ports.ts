import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems hand out by themselves: else any connection could get one between our look and the program's start. */
const [FROM, BELOW] = [20_000, 32_000]
const TRIES = 20

/** A free port of the loopback address for each name: the one it had before, where that is free still, so that addresses stay. */
export async function choosePorts(names: readonly string[], before: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const ports: Record<string, number> = {}
  for (const name of names) {
    let port = await another(before[name])
    while (Object.values(ports).includes(port)) port = await another()
    ports[name] = port
  }
  return ports
}

async function another(before = randomInt(FROM, BELOW)): Promise<number> {
  for (let port = before, tries = 0; tries < TRIES; port = randomInt(FROM, BELOW), tries++) if (await isFree(port)) return port
  return listened(0) // whatever the system has left
}

const isFree = (port: number): Promise<boolean> =>
  listened(port).then(
    () => true,
    () => false,
  )

async function listened(port: number): Promise<number> {
  const server = createServer((caller) => caller.destroy()) // of the program that had it: the server would wait for his end
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : port
}
