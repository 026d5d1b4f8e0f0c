import { hash } from 'node:crypto'

/** S3's own etag is quoted, of any length and no hash of the content; ours is a fingerprint of it, of 72 bits. */
export const etagOf = (raw: string): string => hash('sha256', raw, 'base64url').slice(0, 12)

/** As conditions have to have it; some servers leave the quotes out of their listings. */
export const quoted = (raw: string): string => (QUOTED.test(raw) ? raw : `"${raw.replace(/^"|"$/g, '')}"`)

const QUOTED = /^".*"$/
