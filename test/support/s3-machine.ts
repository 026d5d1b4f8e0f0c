import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Bucket } from '../../backends/s3/bucket.ts'
import { connect } from '../../backends/s3/connect.ts'
import type { Answer } from './client.ts'
import { FaultProxy } from './fault-proxy.ts'
import { emptyPlace, type Ended, type Host, host, type Place, run } from './program.ts'
import { S3Server } from './s3.ts'

/** A machine whose `/bucket` lies behind a proxy, which every gateway of it goes through. */
export class Machine implements AsyncDisposable {
  readonly proxy: FaultProxy
  /** Past the proxy. */
  readonly direct: Bucket
  readonly place: Place
  readonly #parts: AsyncDisposableStack
  readonly #env: Record<string, string>

  private constructor(parts: AsyncDisposableStack, place: Place, proxy: FaultProxy, direct: Bucket, env: Record<string, string>) {
    this.#parts = parts
    this.place = place
    this.proxy = proxy
    this.direct = direct
    this.#env = env
  }

  static async start(): Promise<Machine> {
    const parts = new AsyncDisposableStack()
    const server = parts.use(await S3Server.start())
    const proxy = parts.use(await FaultProxy.start(server.endpoint))
    const place = parts.use(await emptyPlace())
    const options = await server.options()
    const direct = parts.adopt(connect(options), async (bucket) => bucket.close())
    const storage = { bucket: options.bucket, endpoint: proxy.endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
    const disk = { type: 'local', options: { root: place.work } }
    const settings = {
      toolsets: ['core', 'mbfs'],
      backends: { disk, bucket: { type: 's3', options: storage } },
      mounts: [{ path: '/bucket', backend: 'bucket' }],
    }
    await writeFile(join(place.home, 'polymount.json'), JSON.stringify(settings))
    const { accessKeyId = '', secretAccessKey = '' } = options.credentials ?? {}
    return new Machine(parts, place, proxy, direct, { S3_ID: accessKeyId, S3_KEY: secretAccessKey })
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
    return this.#parts.disposeAsync()
  }
}

function requireOpen({ ok, text }: Answer): void {
  if (!ok) throw new Error(text)
}
