/** What a daemon may see of our environment: nothing that could be somebody's secret. */
const PASSED = /^(PATH|HOME|USER|TMPDIR|TZ|LANG|LC_\w+|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY|GOLOG_\w+|GOMAXPROCS|GOMEMLIMIT)$/i

export function environment(env: NodeJS.ProcessEnv, repo: string): Record<string, string> {
  const passed = Object.entries(env).filter((entry): entry is [string, string] => PASSED.test(entry[0]) && entry[1] !== undefined)
  return { ...Object.fromEntries(passed), IPFS_PATH: repo, IPFS_TELEMETRY: 'off' }
}
