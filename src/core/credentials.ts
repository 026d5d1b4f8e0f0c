const SHORTEST = 4

/**
 * What a server says of a refused request, without what proved who we are: pages for debugging, and proxies that cannot read a
 * header, repeat what they were sent.
 */
export const withoutCredentials = (said: string, authorization: string | undefined): string =>
  authorization === undefined ? said : formsOf(authorization).reduce((text, form) => text.replaceAll(form, '***'), said)

/** The header and its parts, as they are and as they stand in JSON and in an address; the longest first. */
function formsOf(authorization: string): string[] {
  const [, scheme = '', proof = ''] = /^(\S+)\s+(.+)$/.exec(authorization) ?? []
  const decoded = /^basic$/i.test(scheme) ? Buffer.from(proof, 'base64').toString() : ''
  const parts = [authorization, proof, decoded, decoded.slice(decoded.indexOf(':') + 1)].filter((part) => part.length >= SHORTEST)
  const forms = parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part)])
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length)
}
