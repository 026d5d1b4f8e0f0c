import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { Hold } from '../../sqlite/hold.ts'
import { newKey, ownKey } from './key-files.ts'

/**
 * The key of the peer. One process of a data folder is on the network under the stable one, from a file that only its
 * owner can read; the others are somebody else for as long as they live, since two nodes of one name disturb each other.
 */
export class PeerKey implements Disposable {
  readonly #file: string
  readonly #run: string
  #held: Hold | undefined
  #key: Promise<PrivateKey> | undefined

  constructor(folder: string) {
    this.#file = join(folder, 'peer.key')
    this.#run = join(folder, 'run')
  }

  get(): Promise<PrivateKey> {
    return (this.#key ??= this.#load().catch((error: unknown) => {
      this.#key = undefined // the next call tries again
      throw error
    }))
  }

  /** Known once the key has been asked for. */
  get stable(): boolean {
    return this.#held !== undefined
  }

  /** The stable one, whoever is on the network under it: any process of the folder may sign with it. */
  own(): Promise<PrivateKey> {
    return ownKey(this.#file)
  }

  async peer(): Promise<string> {
    const { peerIdFromPrivateKey } = await import('@libp2p/peer-id')
    return peerIdFromPrivateKey(await this.get()).toString()
  }

  [Symbol.dispose](): void {
    this.#held?.release()
    this.#held = undefined
  }

  async #load(): Promise<PrivateKey> {
    await mkdir(this.#run, { recursive: true, mode: 0o700 })
    this.#held ??= Hold.try(this.#run, 'peer')
    return this.#held ? this.own() : newKey()
  }
}
