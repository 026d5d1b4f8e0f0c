import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { VfsError } from '../../core/error.ts'
import { checkKeyName, isKeyName, noKey } from '../naming.ts'
import type { Key } from '../network-types.ts'
import { newKey, readKey, storeKey } from './key-files.ts'
import type { PeerKey } from './peer-key.ts'

const SELF = 'self'
const ENDING = '.key'

/** Keys that names are signed with: a file each, for its owner alone, and `self`, the node's own. */
export class KeyFolder {
  readonly #folder: string
  readonly #peer: PeerKey

  constructor(folder: string, peer: PeerKey) {
    this.#folder = join(folder, 'keys')
    this.#peer = peer
  }

  /** Rejects KEY_NOT_FOUND, which names those that there are. */
  async find(name: string): Promise<PrivateKey> {
    const key = name === SELF ? await this.#peer.own() : isKeyName(name) ? await readKey(this.#file(name)) : undefined
    if (key) return key
    throw noKey(name, await this.#names())
  }

  async list(): Promise<readonly Key[]> {
    return Promise.all((await this.#names()).map(async (name) => keyOf(name, await this.find(name))))
  }

  async make(name: string): Promise<Key> {
    return this.put(name, await newKey())
  }

  /** Rejects INVALID_ARGUMENT, ALREADY_EXISTS. */
  async put(name: string, key: PrivateKey): Promise<Key> {
    checkKeyName(name)
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    if (name === SELF || !(await storeKey(this.#file(name), key)))
      throw new VfsError('ALREADY_EXISTS', `there is a key called ${name} already`, { hint: 'Use it, or choose another name.' })
    return keyOf(name, key)
  }

  async #names(): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => [])
    const names = files.filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length))
    return [SELF, ...names.filter((name) => isKeyName(name) && name !== SELF).toSorted()]
  }

  #file(name: string): string {
    return join(this.#folder, name + ENDING)
  }
}

async function keyOf(name: string, key: PrivateKey): Promise<Key> {
  const { idOf } = await import('./ipns.ts')
  return { name, id: idOf(key) }
}
