import { createHash } from 'node:crypto'
import type { Info, Item } from './rc.ts'

const FINE_NS = 1_000_000 // a precision at which two changes do not have the same time
const YOUNG_MS = 5_000 // while a coarse clock may still give the same time to another content

/** The hash that a remote can give, if it has any that we take. */
export const hashOf = ({ Hashes }: Info): string | undefined => ['sha256', 'sha1', 'md5', 'quickxor', 'dropbox'].find((name) => Hashes?.includes(name))

export const isFine = ({ Precision }: Info): boolean => Precision <= FINE_NS

/** True if size and time alone may not tell two contents apart now. */
export const isYoung = ({ ModTime }: Item, info: Info, now = Date.now()): boolean => !isFine(info) && now - Date.parse(ModTime) < YOUNG_MS

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('base64url')

export const etagOf = ({ Size, ModTime, ID }: Item, hash?: string): string =>
  createHash('sha256')
    .update(JSON.stringify([Size, ModTime, ID ?? null, hash ?? null]))
    .digest('base64url')
    .slice(0, 12)
