import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { createServer, connect as dial, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type S3Options, openS3, type S3Backend } from '../../backends/s3/s3.ts'
import { findServer } from '../../scripts/servers/find.ts'
import { VERSITYGW } from '../../scripts/servers/programs.ts'
import { endServer } from './end-server.ts'
import { requires } from './requires.ts'

/** `beforeEach(needsS3)` of the tests that run a real server. */
export const needsS3 = requires('versitygw', async () => (await findServer(VERSITYGW)) !== '')

const CREDENTIALS = { accessKeyId: 'polymount-test', secretAccessKey: 'not-a-secret-of-anyone' }

/** A real S3 server on the loopback address over a folder that goes with it. */
export class S3Server implements AsyncDisposable {
  readonly endpoint: string
  readonly #folder: string
  readonly #process: ChildProcess
  #buckets = 0

  private constructor(endpoint: string, folder: string, server: ChildProcess) {
    this.endpoint = endpoint
    this.#folder = folder
    this.#process = server
  }

  static async start(at?: number): Promise<S3Server> {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-s3-'))
    const port = at ?? (await freePort())
    const env = { ...process.env, ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey }
    const server = spawn(await findServer(VERSITYGW), ['--quiet', '--port', `127.0.0.1:${port}`, 'posix', folder], { env, stdio: 'ignore' })
    await answering(port, server)
    return new S3Server(`http://127.0.0.1:${port}`, folder, server)
  }

  /** Of an empty bucket. */
  async options(): Promise<S3Options> {
    const bucket = `bucket-${++this.#buckets}`
    await mkdir(join(this.#folder, bucket))
    return { bucket, endpoint: this.endpoint, credentials: CREDENTIALS }
  }

  async backend(): Promise<S3Backend> {
    return openS3(await this.options())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.#process, this.#folder)
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** It prints nothing that says so: the first connection does. */
async function answering(port: number, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const socket = dial(port, '127.0.0.1')
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (open) return
    await sleep(20)
  }
  throw new Error('the S3 server ended')
}
