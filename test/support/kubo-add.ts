import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { ProfileName } from '../../src/content/types.ts'
import { findKubo } from '../../scripts/servers/find.ts'

/** `ipfs add` without a daemon, in a repository of its own: what CIDs are held against. */
export class KuboAdd implements AsyncDisposable {
  readonly #repository: string

  private constructor(repository: string) {
    this.#repository = repository
  }

  static async open(profile: ProfileName): Promise<KuboAdd> {
    const kubo = new KuboAdd(await mkdtemp(join(tmpdir(), 'polymount-kubo-add-')))
    await kubo.run(['init', `--profile=test,${profile}`])
    return kubo
  }

  /** The CID of a file or folder of the disk, hidden files included. */
  add(path: string, flags: readonly string[] = []): Promise<string> {
    return this.run(['add', '-r', '-Q', '-H', ...flags, path])
  }

  async run(args: readonly string[]): Promise<string> {
    return (await execa(await findKubo(), args, { env: { IPFS_PATH: this.#repository, IPFS_TELEMETRY: 'off' } })).stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#repository, { recursive: true, force: true })
  }
}
