/** What every program may see of our environment: how it finds its things and reaches the network, and nothing that could be somebody's secret. */
const COMMON = /^(PATH|HOME|USER|TMPDIR|TZ|LANG|LC_\w+|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i

/** That, and the variables of the program's own. */
export const passed = (env: NodeJS.ProcessEnv, own: RegExp): Record<string, string> => only(env, (name) => COMMON.test(name) || own.test(name))

/** Names alone: the values may be secrets. */
export const namesOf = (env: NodeJS.ProcessEnv, own: RegExp): string[] => Object.keys(only(env, (name) => own.test(name))).toSorted()

function only(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0])))
}
