import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requires } from './requires.ts'

const run = promisify(execFile)

export type Answer = (socket: Socket, asked: string) => void

export const head = (first: string, ...fields: string[]): string => [`HTTP/1.1 ${first}`, ...fields, '', ''].join('\r\n')

/** Answers each request on each connection; tells how many connections there were. */
export async function serving(
  answer: Answer,
  work: (url: URL, connections: () => number) => Promise<void>,
  server: Server = createServer(),
  scheme = 'http',
): Promise<void> {
  const sockets = new Set<Socket>()
  server.on(scheme === 'https' ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => answer(socket, bytes.toString()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await work(new URL(`${scheme}://127.0.0.1:${port}/bucket/key?signed=yes`), () => sockets.size)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

export const needsOpenssl = requires('openssl', async () => (await run('openssl', ['version'])).stdout !== '')

/** With a key and a certificate of their own for this machine. */
export async function certified(work: (pair: { readonly key: Buffer; readonly cert: Buffer }) => Promise<void>): Promise<void> {
  const at = await mkdtemp(join(tmpdir(), 'polymount-line-'))
  try {
    const [key, cert] = [join(at, 'key.pem'), join(at, 'cert.pem')]
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      ...subject,
      '-keyout',
      key,
      '-out',
      cert,
    ])
    await work({ key: await readFile(key), cert: await readFile(cert) })
  } finally {
    await rm(at, { recursive: true })
  }
}
