/** What a name says of a secret, in a query (`?token=…`), in a connection string of rclone (`:sftp,pass=…:path`), and in settings. */
const SAYS_SO = 'secret|pass|token|authorization|key|signature|credential|cookie|grant|headers|sas_url'
const PART = new RegExp(`([?&#,:][\\w-]*(?:${SAYS_SO})[\\w-]*=)("(?:[^"]|"")*"|'(?:[^']|'')*'|\\{[^{}]*\\}|[^,&:]*)`, 'gi')
const USERINFO = /(\/\/)([^/?#@]+)@/g
/** `{env:VARIABLE}`, `{file:/path}` and `{secret:NAME}` stand for a secret in the middle of a value. */
const REFERENCE = /\{((?:env|file|secret):[^{}]+)\}/g

export const saysSecret = (name: string): boolean => new RegExp(SAYS_SO, 'i').test(name)

/** A path of a key's file and a switch are no secrets, whatever they are called. */
const isHarmless = (name: string, value: string): boolean => /_file=$/i.test(name) || /^(true|false|\{[^{}]+\})?$/.test(value)

/** A value without what may be a secret in the middle of it: a password in a URL, and a part under a name that says so. References stay. */
export function withoutSecrets(value: string): string {
  const references = [...value.matchAll(REFERENCE)].map(([reference]) => reference)
  const bare = value.replace(REFERENCE, '{-}') // it may hold whatever ends a part
  const shown = bare
    .replace(USERINFO, (all, slashes: string, info: string) => (info.includes('{-}') ? all : `${slashes}***@`))
    .replace(PART, (all, name: string, part: string) => (isHarmless(name, part) ? all : `${name}***`))
  return shown.replaceAll('{-}', () => references.shift() ?? '')
}

export const holdsSecret = (value: string): boolean => withoutSecrets(value) !== value

/** The references in the middle of a value. */
export const referencesIn = (value: string): string[] => [...value.matchAll(REFERENCE)].map(([, reference = '']) => reference)

/** A value with what its references stand for, in the form that it takes there. */
export async function filled(value: string, secretOf: (reference: string) => Promise<string>, form: (secret: string) => string): Promise<string> {
  const secrets = await Promise.all(referencesIn(value).map(secretOf))
  return value.replace(REFERENCE, () => form(secrets.shift() ?? ''))
}
