import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { Hold } from '../../sqlite/hold.ts'

/**
 * The key of the peer. One process of a data folder has the stable one, from a file that only its owner can read; the
 * others are somebody else for as long as they live, since two nodes of one name disturb each other.
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
    return (this.#key ??= this.#load())
  }

  /** Known once the key has been asked for. */
  get stable(): boolean {
    return this.#held !== undefined
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
    const { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } = await import('@libp2p/crypto/keys')
    await mkdir(this.#run, { recursive: true, mode: 0o700 })
    this.#held = Hold.try(this.#run, 'peer')
    if (!this.#held) return generateKeyPair('Ed25519')
    const stored = await readFile(this.#file).catch(() => undefined)
    if (stored) return privateKeyFromProtobuf(stored)
    const key = await generateKeyPair('Ed25519')
    await this.#store(privateKeyToProtobuf(key))
    return key
  }

  async #store(bytes: Uint8Array): Promise<void> {
    const temporary = `${this.#file}.new`
    await using handle = await open(temporary, 'w', 0o600)
    await handle.writeFile(bytes)
    await handle.sync()
    await rename(temporary, this.#file)
  }
}
