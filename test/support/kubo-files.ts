import type { KuboDaemon } from './kubo.ts'

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** `ipfs files` of a daemon, over its RPC. */
export class KuboFiles {
  readonly #url: string

  constructor({ url }: Pick<KuboDaemon, 'url'>) {
    this.#url = url
  }

  mkdir(path: string, options: Query = {}): Promise<unknown> {
    return this.call('files/mkdir', { arg: path, parents: true, ...options })
  }

  /** A whole file goes in by add and cp: only so has it the CID that everybody gives it. */
  async put(path: string, content: Uint8Array): Promise<void> {
    const { Hash } = JSON.parse(await this.call('add', { pin: false }, content)) as { readonly Hash: string }
    await this.call('files/rm', { arg: path, force: true })
    await this.cp(`/ipfs/${Hash}`, path)
  }

  cp(from: string, to: string): Promise<unknown> {
    return this.call('files/cp', { arg: [from, to], parents: true })
  }

  rm(path: string): Promise<unknown> {
    return this.call('files/rm', { arg: path, recursive: true })
  }

  write(path: string, content: Uint8Array, options: Query): Promise<unknown> {
    return this.call('files/write', { arg: path, ...options }, content)
  }

  async cid(path: string): Promise<string> {
    return (JSON.parse(await this.call('files/stat', { arg: path })) as { readonly Hash: string }).Hash
  }

  async read(path: string): Promise<Buffer> {
    return Buffer.from(await (await this.#post('files/read', { arg: path })).arrayBuffer())
  }

  async call(path: string, query: Query, content?: Uint8Array): Promise<string> {
    return (await this.#post(path, query, content)).text()
  }

  async #post(path: string, query: Query, content?: Uint8Array): Promise<Response> {
    const pairs = Object.entries(query).flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one) => [key, String(one)]))
    const body = content && new FormData()
    if (content) body?.set('file', new Blob([Buffer.from(content)]))
    const response = await fetch(`${this.#url}/api/v0/${path}?${new URLSearchParams(pairs).toString()}`, { method: 'POST', ...(body && { body }) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response
  }
}
