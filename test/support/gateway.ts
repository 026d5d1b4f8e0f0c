import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { vfsPath } from '../../src/core/path.ts'
import { type Gateway, openGateway, schema } from '../../src/gateway.ts'
import { type Connected, type ConnectOptions, connectTo } from './client.ts'

export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway
  /** The served folder, on disk and in the VFS. */
  readonly work: string
  /** What went to the log: a test of bad input wants none of it. */
  readonly logged: readonly unknown[]
}

export interface TestGatewayOptions {
  /** Files of the served folder, by their relative paths. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly config?: Readonly<Record<string, unknown>>
  readonly readOnly?: boolean
  /** Where `env:` references lead. */
  readonly env?: NodeJS.ProcessEnv
}

/** A whole gateway over a folder and a data folder of its own, all tools offered, off the network. */
export async function openTestGateway({ files = {}, config = {}, readOnly = false, env = {} }: TestGatewayOptions = {}): Promise<TestGateway> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'polymount-')))
  const work = join(root, 'work')
  await mkdir(work)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(work, path)), { recursive: true })
    await writeFile(join(work, path), content)
  }
  const logged: unknown[] = []
  const gateway = await openGateway(schema.parse({ data_dir: join(root, 'data'), toolsets: ['all'], ipfs: { network: 'off' }, ...config }), {
    served: [{ path: vfsPath(work), readOnly }],
    home: root,
    env,
    guarded: [],
    log: (message, error) => void logged.push([message, error]),
  })
  return {
    gateway,
    work,
    logged,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]()
      await rm(root, { recursive: true, force: true })
    },
  }
}

export type ConnectedGateway = Connected & TestGateway

/** The same with a real client on its stdio door: how tools are tested. */
export async function connect({ era, name, ...options }: TestGatewayOptions & ConnectOptions = {}): Promise<ConnectedGateway> {
  const opened = await openTestGateway(options)
  const session = await connectTo(opened.gateway.mcp(), { ...(era !== undefined && { era }), ...(name !== undefined && { name }) })
  return {
    ...opened,
    ...session,
    [Symbol.asyncDispose]: async () => {
      await session[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    },
  }
}
