import type { EngineParts } from './types.ts'

/** A person who has a daemon already may want its pins and files. */
export async function userDaemon({ env, home }: EngineParts): Promise<string[]> {
  const { howToUse, kuboNearby } = await import('../services/kubo/nearby.ts')
  const found = await kuboNearby(env, home)
  return found ? [howToUse(found)] : []
}
