import type { Config } from '../config/schema.ts'
import { embedded } from './embedded.ts'
import type { Engine, EngineParts } from './types.ts'
import { userDaemon } from './user-daemon.ts'

/** Nothing is asked of a daemon before the first call, unless it may be replaced: that is decided here. */
export async function openEngine(config: Config, parts: EngineParts): Promise<Engine> {
  const { engine } = config.ipfs
  if (engine === 'embedded') return embedded(config, parts, () => userDaemon(parts))
  if (engine === 'kubo') return (await import('./supervised.ts')).supervised(config, parts)
  return (await import('./remote.ts')).remote(config, parts, engine)
}
