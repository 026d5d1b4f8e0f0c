import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStoracha, type StorachaBackend } from '../../backends/storacha/storacha.ts'
import { openContentStore } from '../../src/content/store.ts'
import { temporaryFolder } from './content.ts'
import { endServer } from './end-server.ts'

export interface TestSpace {
  readonly did: string
  readonly agentKey: string
  readonly delegation: string
}

interface SpaceOptions {
  readonly can?: readonly string[]
  /** Of the delegation, in seconds of Unix. */
  readonly expiration?: number
  /** Whether the service gives it any. */
  readonly room?: boolean
}

interface Told {
  readonly id: number
  readonly output?: unknown
}

export const ALL = ['space/blob/add', 'space/index/add', 'upload/add', 'upload/list', 'upload/remove']

/** The real upload service of Storacha, as a program on the loopback address. */
export class TestStoracha implements AsyncDisposable {
  readonly #child: ChildProcess
  #asked = 0
  url = ''
  did = ''

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(): Promise<TestStoracha> {
    const execArgv = ['--import', new URL('ed25519-of-node.mjs', import.meta.url).href]
    const child = fork(new URL('storacha-service.mjs', import.meta.url), { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    await once(child, 'message')
    const service = new TestStoracha(child)
    await service.up()
    return service
  }

  /** Answers where it did before, with all that it had. */
  async up(): Promise<void> {
    const { url, did } = (await this.#ask('up')) as { readonly url: string; readonly did: string }
    this.url = url
    this.did = did
  }

  async down(): Promise<void> {
    await this.#ask('down')
  }

  async space({ can = ALL, room = true, ...options }: SpaceOptions = {}): Promise<TestSpace> {
    return (await this.#ask('space', { can, room, ...options })) as TestSpace
  }

  /** The roots that a space lists. */
  async listed(space: TestSpace): Promise<readonly string[]> {
    return (await this.#ask('listed', space)) as readonly string[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.#child, await mkdtemp(join(tmpdir(), 'polymount-storacha-')))
  }

  #ask(name: string, input: object = {}): Promise<unknown> {
    const id = ++this.#asked
    return new Promise((resolve) => {
      const heard = (told: Told): void => {
        if (told.id !== id) return
        this.#child.off('message', heard)
        resolve(told.output)
      }
      this.#child.on('message', heard)
      this.#child.send({ id, name, input })
    })
  }
}

/** A tree in a space, with a data folder that goes with it unless one is given. */
export async function storachaAlone(
  service: Pick<TestStoracha, 'url' | 'did' | 'space'>,
  options: { readonly space?: TestSpace; readonly folder?: string | undefined; readonly gateway?: string } = {},
): Promise<StorachaBackend> {
  await using ground = new AsyncDisposableStack()
  const dataFolder = options.folder ?? ground.use(await temporaryFolder()).path
  const content = ground.use(await openContentStore({ folder: dataFolder }))
  const { did: space, ...keys } = options.space ?? (await service.space())
  const backend = await openStoracha({ url: service.url, did: service.did, space, ...keys, gateway: options.gateway, dataFolder, content })
  const closing = ground.move()
  const own = backend[Symbol.asyncDispose].bind(backend)
  return Object.assign(backend, {
    [Symbol.asyncDispose]: async () => {
      await own()
      await closing.disposeAsync()
    },
  })
}
