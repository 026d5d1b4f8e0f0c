import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Bucket } from '../../backends/s3/bucket.ts'
import { connect } from '../../backends/s3/connect.ts'
import type { S3Options } from '../../backends/s3/s3.ts'
import type { Answer } from './client.ts'
import { FaultProxy } from './fault-proxy.ts'
import { emptyPlace, type Ended, type Host, host, type Place, run } from './program.ts'
import { type S3Program, S3Server, VERSITY } from './s3.ts'

interface Parts {
  readonly server: S3Server
  readonly options: S3Options
  readonly direct: Bucket
  readonly stack: AsyncDisposableStack
}

/** A machine whose `/bucket` lies behind a proxy, which every gateway of it goes through. */
export class Machine implements AsyncDisposable {
  readonly proxy: FaultProxy
  readonly place: Place
  readonly #parts: Parts
  readonly #env: Record<string, string>

  private constructor(parts: Parts, place: Place, proxy: FaultProxy) {
    this.#parts = parts
    this.place = place
    this.proxy = proxy
    const { accessKeyId = '', secretAccessKey = '' } = parts.options.credentials ?? {}
    this.#env = { S3_ID: accessKeyId, S3_KEY: secretAccessKey }
  }

  static async start(program: S3Program = VERSITY): Promise<Machine> {
    await using stack = new AsyncDisposableStack()
    const server = stack.use(await S3Server.start(program))
    const options = await server.options()
    const direct = stack.adopt(connect(options), async (bucket) => bucket.close())
    return await Machine.#before({ server, options, direct, stack: stack.move() })
  }

  /** Another one with a data folder of its own, whose `/bucket` is the same; it goes with this one. */
  async other(): Promise<Machine> {
    const { stack, ...shared } = this.#parts
    return stack.use(await Machine.#before({ ...shared, stack: new AsyncDisposableStack() }))
  }

  static async #before(parts: Parts): Promise<Machine> {
    const { server, options, stack } = parts
    const proxy = stack.use(await FaultProxy.start(server.endpoint))
    const place = stack.use(await emptyPlace())
    const storage = { bucket: options.bucket, endpoint: proxy.endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
    const disk = { type: 'local', options: { root: place.work } }
    const settings = {
      toolsets: ['core', 'mbfs'],
      backends: { disk, bucket: { type: 's3', options: storage } },
      mounts: [{ path: '/bucket', backend: 'bucket' }],
    }
    await writeFile(join(place.home, 'polymount.json'), JSON.stringify(settings))
    return new Machine(parts, place, proxy)
  }

  get server(): S3Server {
    return this.#parts.server
  }

  /** Past the proxy. */
  get direct(): Bucket {
    return this.#parts.direct
  }

  /** Its gateway has opened the bucket: on a busy machine that may take longer than a start waits for it. */
  async agent(): Promise<Host> {
    const agent = await host(this.place, [this.place.work, '--config', join(this.place.home, 'polymount.json')], { env: this.#env })
    await vi.waitFor(async () => requireOpen(await agent.call('vfs_stat', { path: '/bucket' })), 30_000)
    return agent
  }

  /** The command line of a person. */
  polymount(...args: readonly string[]): Promise<Ended> {
    return run(this.place, [...args, '--config', join(this.place.home, 'polymount.json')], { env: this.#env })
  }

  /** All keys, those of our own too. */
  async keys(): Promise<string[]> {
    return (await this.direct.page({ prefix: '' })).objects.map(({ source }) => source.key)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.stack.disposeAsync()
  }
}

function requireOpen({ ok, text }: Answer): void {
  if (!ok) throw new Error(text)
}
