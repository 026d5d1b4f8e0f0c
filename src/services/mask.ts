/** A program may repeat what a storage says of a refused request, and that what it was sent. */
const PROOF = /\b(Basic|Bearer|Digest|AWS4-HMAC-SHA256)\s+[^\s"',]+/gi
/** A shorter part of a secret gives nothing away, and could be part of any line. */
const LEAST = 4

/** Takes secrets out of lines: whole ones, and what is left of one at the end of a line that was cut, or whose reader changed in its middle. */
export function masker(secrets: readonly string[]): (line: string) => string {
  const masks = secrets.filter((secret) => secret !== '').map(maskOf)
  return (line) => masks.reduce((text, mask) => mask(text), line).replace(PROOF, '$1 ***')
}

function maskOf(secret: string): (line: string) => string {
  const lengths = Array.from({ length: secret.length }, (_, i) => secret.length - i).filter((length) => length >= LEAST)
  const beginnings = lengths.map((length) => secret.slice(0, length))
  const ends = lengths.map((length) => secret.slice(-length))
  return (line) => {
    const text = line.replaceAll(secret, '***')
    const first = ends.find((part) => text.startsWith(part)) ?? ''
    const last = beginnings.find((part) => text.endsWith(part)) ?? ''
    return `${first && '***'}${text.slice(first.length, text.length - last.length)}${last && '***'}`
  }
}
