import { inspect } from 'node:util'
import { guardedPaths } from '../config/guarded.ts'
import { type ServedFolder, servedFolders } from '../config/folders.ts'
import type { Loaded } from '../config/load.ts'
import { type Gateway, openGateway } from '../gateway.ts'
import { type Io, print } from './io.ts'

/** The gateway of a configuration, serving the named folders. */
export async function openGatewayOf(loaded: Loaded, folders: readonly string[], io: Io): Promise<Gateway> {
  return openServing(loaded, await servedFolders(folders, io), io)
}

export async function openServing({ config, file }: Loaded, served: readonly ServedFolder[], io: Io): Promise<Gateway> {
  for (const { problem } of served) if (problem) await print(io.stderr, `polymount: ${problem.message}; the others are\n`)
  const guarded = await guardedPaths(config, file, io)
  return openGateway(config, { served, home: io.home, env: io.env, guarded, log: logTo(io) })
}

/** The operator's log: what no client may see, such as stacks. */
export const logTo =
  ({ stderr }: Pick<Io, 'stderr'>) =>
  (message: string, error: unknown): void =>
    void print(stderr, `polymount: ${message}: ${inspect(error)}\n`).catch(() => {}) // nobody is left to be told
