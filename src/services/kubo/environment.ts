import { passed } from '../environment.ts'

/** How a person sets the runtime of a daemon. */
const OWN = /^(GOLOG_\w+|GOMAXPROCS|GOMEMLIMIT)$/i

export const environment = (env: NodeJS.ProcessEnv, repo: string): Record<string, string> => ({ ...passed(env, OWN), IPFS_PATH: repo, IPFS_TELEMETRY: 'off' })
