import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { openS3 } from '../../../backends/s3/s3.ts'
import { vfsPath } from '../../../src/core/path.ts'
import type { S3Server } from '../../../test/support/s3.ts'
import { oneByOne, timed } from '../measure.ts'
import { received } from './received.ts'

const [ID, KEY] = ['polymount-test', 'not-a-secret-of-anyone'] // what the test server is started with

/** What a gateway is to do: works of gateway.ts with their arguments. */
export type Steps = readonly (readonly [work: string, from: string, to?: string])[]

export interface Took {
  readonly ms: readonly number[]
  readonly rss: number
}

/** A server, a folder, and those who work between them, each in a process of its own. */
export class Field {
  readonly at: string
  /** Of the full size. */
  readonly share: number
  readonly server: S3Server
  readonly #gateway: string
  readonly #rclone: string
  #rounds = 0
  #starting: Promise<number> | undefined

  constructor(at: string, share: number, server: S3Server, { gateway, rclone }: { readonly gateway: string; readonly rclone: string }) {
    this.at = at
    this.share = share
    this.server = server
    this.#gateway = gateway
    this.#rclone = rclone
  }

  /** A name that was not used yet. */
  round(): string {
    return `round-${this.#rounds++}`
  }

  async folder(name: string): Promise<string> {
    const folder = join(this.at, name)
    await mkdir(folder)
    return folder
  }

  async bucket(): Promise<string> {
    return (await this.server.options()).bucket
  }

  /** What nothing of Node can do without: to receive a file of so many bytes. */
  async alone(bucket: string, name: string, size: number): Promise<number> {
    await using backend = await openS3({ ...(await this.server.options()), bucket })
    return await received(new URL(await backend.link(vfsPath(`/${name}`), { seconds: 600 })), size)
  }

  /** With a data folder of its own. What starting it takes is not counted. */
  async ours(bucket: string, steps: Steps, endpoint = this.server.endpoint): Promise<Took> {
    const data = await mkdtemp(join(this.at, '..', 'polymount-bench-data-'))
    try {
      return JSON.parse(await run(this.#gateway, this.at, data, endpoint, bucket, JSON.stringify(steps))) as Took
    } finally {
      await rm(data, { recursive: true })
    }
  }

  /** What starting it takes is not counted. */
  async theirs(...args: readonly string[]): Promise<number> {
    const env = { RCLONE_CONFIG: '/dev/null', RCLONE_S3_PROVIDER: 'Other', RCLONE_S3_ENDPOINT: this.server.endpoint, RCLONE_S3_ACCESS_KEY_ID: ID, RCLONE_S3_SECRET_ACCESS_KEY: KEY } // prettier-ignore
    this.#starting ??= oneByOne(5, () => execa(this.#rclone, ['version'], { env, stdout: 'ignore' }))
    const starting = await this.#starting
    return (await timed(() => execa(this.#rclone, [...args], { env, stdout: 'ignore' }))) - starting
  }
}

/** What rclone leaves to the system and we do not. */
export const flushed = (path: string): Promise<number> =>
  timed(async () => {
    await using file = await open(path, 'r+')
    await file.sync()
  })

async function run(script: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(process.execPath, [script, ...args], { env: { ID, KEY }, stderr: 'inherit' })
  return stdout
}
