import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, connect as dial, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type S3Options, openS3, type S3Backend } from '../../backends/s3/s3.ts'
import { findServer } from '../../scripts/servers/find.ts'
import { type Program, RCLONE, VERSITYGW } from '../../scripts/servers/programs.ts'
import { endServer } from './end-server.ts'
import { requires } from './requires.ts'

const CREDENTIALS = { accessKeyId: 'polymount-test', secretAccessKey: 'not-a-secret-of-anyone' }

/** A server whose buckets are the folders of one folder of the disk. */
export interface S3Program {
  readonly program: Program
  readonly args: (folder: string, at: string) => readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Its buckets keep what is replaced. */
  readonly versions?: boolean
}

export const VERSITY: S3Program = {
  program: VERSITYGW,
  args: (folder, at) => ['--quiet', '--port', at, 'posix', folder],
  env: { ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey },
}

export const VERSITY_VERSIONS: S3Program = {
  ...VERSITY,
  args: (folder, at) => ['--quiet', '--port', at, 'posix', '--versioning-dir', join(folder, '../versions'), folder],
  versions: true,
}

export const RCLONE_S3: S3Program = {
  program: RCLONE,
  args: (folder, at) => ['serve', 's3', '--addr', at, folder],
  env: { RCLONE_AUTH_KEY: `"${CREDENTIALS.accessKeyId},${CREDENTIALS.secretAccessKey}"`, RCLONE_CONFIG: '/dev/null' },
}

/** `beforeEach(needs(RCLONE_S3))` of the tests that run it. */
export const needs = ({ program }: S3Program): ReturnType<typeof requires> => requires(program.name, async () => (await findServer(program)) !== '')

export const needsS3 = needs(VERSITY)

/** A real S3 server on the loopback address over a folder that goes with it. */
export class S3Server implements AsyncDisposable {
  readonly endpoint: string
  readonly #folder: string
  #process: ChildProcess | undefined
  readonly #client: S3Client
  readonly #program: S3Program
  #buckets = 0

  private constructor(endpoint: string, folder: string, program: S3Program, region: string) {
    this.endpoint = endpoint
    this.#folder = folder
    this.#program = program
    this.#client = new S3Client({ endpoint, credentials: CREDENTIALS, region, forcePathStyle: true })
  }

  static async start(program: S3Program = VERSITY, at?: number, region = 'us-east-1'): Promise<S3Server> {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-s3-'))
    for (const part of ['buckets', 'versions']) await mkdir(join(folder, part))
    const server = new S3Server(`http://127.0.0.1:${at ?? (await freePort())}`, folder, program, region)
    await server.restart()
    return server
  }

  /** At once, as by an accident. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL')
    if (this.#process) await once(this.#process, 'exit')
    this.#process = undefined
  }

  /** It takes what is sent, and does nothing until it is let go on. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  goOn(): void {
    this.#process?.kill('SIGCONT')
  }

  /** With the same address and the same buckets. */
  async restart(): Promise<void> {
    const { program, args, env } = this.#program
    const { host, port } = new URL(this.endpoint)
    this.#process = spawn(await findServer(program), args(this.buckets, host), { env: { ...process.env, ...env }, stdio: 'ignore' })
    await answering(Number(port), this.#process)
  }

  /** Of an empty bucket. */
  async options(): Promise<S3Options> {
    const bucket = `bucket-${++this.#buckets}`
    await this.#client.send(new CreateBucketCommand({ Bucket: bucket }))
    if (this.#program.versions === true) await this.keepVersions(bucket, true)
    return { bucket, endpoint: this.endpoint, credentials: CREDENTIALS }
  }

  async keepVersions(bucket: string, on: boolean): Promise<void> {
    const Status = on ? 'Enabled' : 'Suspended'
    await this.#client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }))
  }

  async backend(): Promise<S3Backend> {
    return openS3(await this.options())
  }

  /** A bucket of versitygw is a folder in it. */
  get buckets(): string {
    return join(this.#folder, 'buckets')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy()
    if (this.#process) await endServer(this.#process, this.#folder)
    else await rm(this.#folder, { recursive: true, force: true })
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
