import { randomUUID } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { fromSystem } from '../../core/system.ts'

const crypto = () => import('@libp2p/crypto/keys')

export const newKey = async (): Promise<PrivateKey> => (await crypto()).generateKeyPair('Ed25519')

/** undefined if there is no such file. */
export async function readKey(file: string): Promise<PrivateKey | undefined> {
  const { privateKeyFromProtobuf } = await crypto()
  try {
    return privateKeyFromProtobuf(await readFile(file))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw fromSystem(error)
  }
}

/** The key in the file, which is made if there is none: of several callers that come together, by one of them. */
export async function ownKey(file: string): Promise<PrivateKey> {
  const stored = await readKey(file)
  if (stored) return stored
  const made = await newKey()
  return (await storeKey(file, made)) ? made : ownKey(file)
}

/** Durable, whole, and for its owner alone; written under a name that no other caller has. False if the file exists already. */
export async function storeKey(file: string, key: PrivateKey): Promise<boolean> {
  const { privateKeyToProtobuf } = await crypto()
  const temporary = `${file}.${randomUUID()}.new`
  try {
    await write(temporary, privateKeyToProtobuf(key))
    await link(temporary, file)
    await flush(dirname(file))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw fromSystem(error)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(file, 'w', 0o600)
  await handle.writeFile(bytes)
  await handle.sync()
}

async function flush(folder: string): Promise<void> {
  await using handle = await open(folder)
  await handle.sync()
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
