import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { findKubo } from '../../scripts/servers/find.ts'
import { endServer } from './end-server.ts'
import { requires } from './requires.ts'

/** `beforeEach(needsKubo)` of the tests that run a real daemon. */
export const needsKubo = requires('Kubo', async () => (await findKubo()) !== '')

const READY_MS = 30_000

export interface KuboOptions {
  /** Settings over those of the profile, as `ipfs config --json KEY VALUE` takes them. */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly flags?: readonly string[]
  /** The header that its RPC wants, if the settings say so. */
  readonly authorization?: string
}

/** A daemon on the loopback address alone, with a repository that goes with it. It finds nobody by itself. */
export class KuboDaemon implements AsyncDisposable {
  readonly folder: string
  /** Of its RPC, as `http://127.0.0.1:PORT`; another one after a restart. */
  url: string
  readonly peer: string
  /** Multiaddresses to dial, its peer id included. */
  readonly addresses: readonly string[]
  process: ChildProcess
  readonly #flags: readonly string[]

  private constructor(folder: string, url: string, daemon: ChildProcess, { ID, Addresses }: Id, flags: readonly string[]) {
    this.folder = folder
    this.#flags = flags
    this.url = url
    this.peer = ID
    this.addresses = Addresses
    this.process = daemon
  }

  static async start({ settings = {}, flags = [], authorization = '' }: KuboOptions = {}): Promise<KuboDaemon> {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-kubo-'))
    await ipfs(folder, ['init', '--profile=test,unixfs-v1-2025'])
    for (const [key, value] of Object.entries(settings)) await ipfs(folder, ['config', '--json', key, JSON.stringify(value)])
    const daemon = await launched(folder, flags)
    try {
      const url = await serving(folder, daemon)
      return new KuboDaemon(folder, url, daemon, await rpc<Id>(url, 'id', { authorization }), flags)
    } catch (error) {
      await endServer(daemon, folder)
      throw error
    }
  }

  /** At once, as by an accident. */
  async kill(): Promise<void> {
    const ended = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await ended
  }

  /** Over the same repository. */
  async restart(): Promise<void> {
    this.process = await launched(this.folder, this.#flags)
    this.url = await serving(this.folder, this.process)
  }

  /** The command line against this daemon; gives what it prints, without the last line end. */
  run(args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
    return ipfs(this.folder, args, input)
  }

  /** One call of the RPC that answers one JSON value. */
  rpc<T>(path: string, args: readonly string[] = [], options: Readonly<Record<string, string>> = {}): Promise<T> {
    return rpc<T>(this.url, path, { args, options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.process, this.folder)
  }
}

interface Id {
  readonly ID: string
  readonly Addresses: readonly string[]
}

const launched = async (folder: string, flags: readonly string[]): Promise<ChildProcess> =>
  spawn(await findKubo(), ['daemon', ...flags], { env: environment(folder), stdio: ['ignore', 'pipe', 'inherit'] })

async function serving(folder: string, daemon: ChildProcess): Promise<string> {
  await ready(daemon)
  return urlOf(await readFile(join(folder, 'api'), 'utf8'))
}

const environment = (folder: string): NodeJS.ProcessEnv => ({ ...process.env, IPFS_PATH: folder, IPFS_TELEMETRY: 'off' })

async function ipfs(folder: string, args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
  return (await execa(await findKubo(), args, { env: environment(folder), input })).stdout
}

async function ready(daemon: ChildProcess): Promise<void> {
  const lines: string[] = []
  const late = setTimeout(() => daemon.kill('SIGKILL'), READY_MS)
  const output = daemon.stdout
  if (!output) throw new Error('the daemon has no output')
  const reader = createInterface({ input: output })
  for await (const line of reader) {
    lines.push(line)
    if (line === 'Daemon is ready') break
  }
  clearTimeout(late)
  output.resume()
  if (lines.at(-1) !== 'Daemon is ready') throw new Error(`the daemon did not become ready:\n${lines.join('\n')}`)
}

/** Of a multiaddress on the loopback address, as the file `api` has it. */
const urlOf = (address: string): string => `http://127.0.0.1:${/\/tcp\/(\d+)/.exec(address)?.[1] ?? ''}`

interface Asked {
  readonly args?: readonly string[]
  readonly options?: Readonly<Record<string, string>>
  readonly authorization?: string
}

async function rpc<T>(url: string, path: string, { args = [], options = {}, authorization = '' }: Asked): Promise<T> {
  const query = new URLSearchParams([...args.map((arg) => ['arg', arg]), ...Object.entries(options)])
  const response = await fetch(`${url}/api/v0/${path}?${query.toString()}`, { method: 'POST', headers: { authorization } })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
