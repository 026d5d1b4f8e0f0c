import type { Side } from '../migrate/index.ts'
import { KeyFolder } from './key-folder.ts'
import { PeerKey } from './peer-key.ts'

/** Reads the keys in a data folder. */
export function ownKeys(folder: string): Side['readKey'] {
  const keys = new KeyFolder(folder, new PeerKey(folder))
  return async (name) => (await import('@libp2p/crypto/keys')).privateKeyToProtobuf(await keys.find(name))
}
