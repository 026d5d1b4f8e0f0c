import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { openContentStore } from '../content/store.ts'
import { ownKeys } from '../ipfs/embedded/own-keys.ts'
import { keystore } from '../ipfs/kubo/keystore.ts'
import type { Side } from '../ipfs/migrate/index.ts'
import type { Engine } from '../ipfs/types.ts'
import { openEngine } from './engine.ts'
import { LazyServices, type ServicesParts } from './services.ts'
import type { EngineParts } from './types.ts'

type SidesParts = ServicesParts & Pick<EngineParts, 'home'>

/** Both engines of a configuration, for who carries something from one to the other. */
export async function openSides(config: Config, parts: SidesParts): Promise<Readonly<Record<Engine, Side>> & AsyncDisposable> {
  await using ground = new AsyncDisposableStack()
  const { data_dir: folder, ipfs } = config
  const content = ground.use(await openContentStore({ folder }))
  const services = ground.use(new LazyServices(config, parts))
  const open = async (settings: Partial<Config['ipfs']>) =>
    ground.use(await openEngine({ ...config, ipfs: { ...ipfs, ...settings } }, { ...parts, content, services }))
  const embedded = await open({ engine: 'embedded', network: 'off' })
  const isRemote = URL.canParse(ipfs.engine)
  const kubo = await open({ engine: isRemote ? ipfs.engine : 'kubo', fallback: 'none' })
  const repo = isRemote ? undefined : (ipfs.kubo.repo ?? join(folder, 'services', 'kubo', 'repo'))
  const kept = ground.move()
  return {
    embedded: { node: embedded.node, readKey: ownKeys(folder) },
    kubo: { node: kubo.node, readKey: repo === undefined ? async () => undefined : keystore(repo) },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
