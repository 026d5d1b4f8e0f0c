import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findServer } from '../../scripts/servers/find.ts'
import { RCLONE } from '../../scripts/servers/programs.ts'
import { openRclone, type RcloneBackend } from '../../backends/rclone/rclone.ts'
import type { Endpoint } from '../../backends/rclone/rc.ts'
import { endServer } from './end-server.ts'
import { requires } from './requires.ts'

/** `beforeEach(needsRclone)` of the tests that run it. */
export const needsRclone = requires('rclone', async () => (await findServer(RCLONE)) !== '')

/** A real rclone on the loopback address: its remote control, or one of the servers that it can be. */
export class Rclone implements AsyncDisposable {
  readonly url: string
  readonly folder: string
  /** Nobody else's, so that a test can look for it anywhere. */
  readonly password: string
  readonly #process: ChildProcess

  private constructor(url: string, folder: string, password: string, started: ChildProcess) {
    this.url = url
    this.folder = folder
    this.password = password
    this.#process = started
  }

  /** With remotes of this configuration, as rclone keeps it in a file. */
  static async control(remotes = ''): Promise<Rclone> {
    return Rclone.#start(['rcd', '--rc-serve', '--rc-addr', '127.0.0.1:0'], 'RCLONE_RC', remotes)
  }

  /** Serves a folder of its own by this protocol. */
  static async serving(protocol: 'sftp' | 'webdav'): Promise<Rclone> {
    return Rclone.#start(['serve', protocol, '--addr', '127.0.0.1:0', ...(protocol === 'webdav' ? ['--etag-hash', 'md5'] : []), '.'], 'RCLONE')
  }

  static async #start(args: readonly string[], prefix: string, remotes = ''): Promise<Rclone> {
    const password = randomUUID()
    const folder = await mkdtemp(join(tmpdir(), 'polymount-rclone-'))
    const configuration = remotes === '' ? '/dev/null' : join(folder, 'rclone.conf')
    if (remotes !== '') await writeFile(configuration, remotes)
    const started = spawn(await findServer(RCLONE), [...args, '--log-level', 'NOTICE'], {
      cwd: folder,
      env: { ...process.env, RCLONE_CONFIG: configuration, RCLONE_LOW_LEVEL_RETRIES: '2', [`${prefix}_USER`]: USER, [`${prefix}_PASS`]: password },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    for await (const line of createInterface({ input: started.stderr })) {
      const port = /(?:Serving|listening|started|WebDav Server).*127\.0\.0\.1:(\d+)/i.exec(line)?.[1]
      if (port === undefined) continue
      started.stderr.resume()
      return new Rclone(`http://127.0.0.1:${port}`, folder, password, started)
    }
    throw new Error('rclone ended')
  }

  get endpoint(): Endpoint {
    return { url: this.url, authorization: `Basic ${Buffer.from(`${USER}:${this.password}`).toString('base64')}` }
  }

  get port(): string {
    return new URL(this.url).port
  }

  /** How a connection string of another rclone reaches what this one serves. */
  async reached(protocol: 'sftp' | 'webdav', control: Rclone): Promise<string> {
    return this.reachedBy(protocol, await control.obscured(this.password))
  }

  /** With this for the obscured password: a reference to it, for a configuration. */
  reachedBy(protocol: 'sftp' | 'webdav', pass: string): string {
    if (protocol === 'sftp') return `:sftp,host=127.0.0.1,port=${this.port},user=${USER},pass=${pass}:`
    // By itself rclone pauses for 10 ms before each of its requests, so as not to be a burden to others.
    return `:webdav,url="${this.url}",vendor=rclone,pacer_min_sleep=1ms,user=${USER},pass=${pass}:`
  }

  /** As it stands in a connection string. */
  async obscured(clear: string): Promise<string> {
    return (await this.#ask<{ obscured: string }>('core/obscure', { clear })).obscured
  }

  /** What it works on, but for this question. */
  async working(): Promise<number> {
    return (await this.#ask<{ runningIds: readonly number[] }>('job/list', {})).runningIds.length - 1
  }

  async #ask<T>(method: string, parameters: object): Promise<T> {
    const headers = { authorization: this.endpoint.authorization ?? '', 'content-type': 'application/json' }
    const response = await fetch(`${this.url}/${method}`, { method: 'POST', headers, body: JSON.stringify(parameters) })
    return (await response.json()) as T
  }

  backend(remote: string): Promise<RcloneBackend> {
    return openRclone({ remote, secret: async () => '', endpoint: async () => this.endpoint })
  }

  /** At once, as by an accident. */
  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.#process, this.folder)
  }
}

const USER = 'polymount-test'

/** An empty place of rclone's own memory. */
export const memoryRemote = (): string => `:memory:${randomUUID()}`

/** Names that are refused wherever rclone leads to. */
export const REFUSED = ['new\nline', 'tab\t', '\u0001\u001F\u007F']
