import { openContentStore } from '../../src/content/store.ts'
import { VfsError } from '../../src/core/error.ts'
import { TreeBackend } from '../../src/ipfs/tree/backend.ts'
import { ContentTree } from '../../src/ipfs/tree/node.ts'
import { type Publisher, PublishedRoot } from '../../src/ipfs/tree/published.ts'
import { TreeStore } from '../../src/ipfs/tree/store.ts'

const VOLUME = 'test:tree'

/** A tree of this data folder that is published where the test says. */
export async function publishedTree(folder: string, publisher: Publisher): Promise<TreeBackend & AsyncDisposable> {
  await using ground = new AsyncDisposableStack()
  const content = ground.use(await openContentStore({ folder }))
  const store = ground.use(await TreeStore.open(folder))
  const root = new PublishedRoot(store.root(VOLUME), publisher)
  const fetch = () => Promise.reject(new VfsError('OFFLINE', 'nobody is asked'))
  const node = new ContentTree({ volume: VOLUME, cas: 'lock', content, root, keeps: store.keeps(VOLUME), fetch })
  const closing = ground.move()
  return Object.assign(new TreeBackend('test', node), { [Symbol.asyncDispose]: () => closing.disposeAsync() })
}
