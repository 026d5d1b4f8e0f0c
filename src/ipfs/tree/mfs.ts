import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { opening } from '../../core/stream.ts'
import type { LocalContent } from '../../content/store.ts'
import type { NamedNode, Node } from '../../content/types.ts'
import type { Draft } from '../../content/unixfs/index.ts'
import { requireThere } from '../overtaken.ts'
import type { IpfsNode, Mfs } from '../types.ts'
import type { TreeRoot } from './types.ts'

const PATIENCE_MS = 5000

interface Edit {
  readonly work: (draft: Draft) => Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

type Expecting = Call & { readonly expect?: string | null | undefined }
type Outcome = { readonly edit: Edit; readonly error?: unknown }

export interface ContentMfsParts extends Pick<Mfs, 'volume' | 'cas'> {
  readonly content: LocalContent
  readonly root: TreeRoot
  readonly node: Pick<IpfsNode, 'stat' | 'list'>
  readonly draft: (root: string) => Promise<Draft>
}

/**
 * A mutable tree over the content store: immutable folders and one root, which is swapped. Changes of this process that come together share a
 * swap; if another process was faster, they are made again on its root, so that no update is lost.
 */
export class ContentMfs implements Mfs {
  readonly volume: string
  readonly cas: Mfs['cas']
  readonly #content: LocalContent
  readonly #root: TreeRoot
  readonly #node: Pick<IpfsNode, 'stat' | 'list'>
  readonly #draft: (root: string) => Promise<Draft>
  #queue: Edit[] = []
  #draining = false

  constructor({ volume, cas, content, root, node, draft }: ContentMfsParts) {
    this.volume = volume
    this.cas = cas
    this.#content = content
    this.#root = root
    this.#node = node
    this.#draft = draft
  }

  async root(_call?: Call): Promise<string> {
    return (await this.#root.root()) ?? this.#begin()
  }

  async stat(path: string, call?: Call): Promise<Node> {
    return this.#node.stat((await this.root()) + tail(path), call)
  }

  list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode> {
    return opening(async () => this.#node.list((await this.root()) + tail(path), options))
  }

  async link(path: string, cid: string, options: Expecting = {}): Promise<void> {
    await using _ = await this.#content.guard(cid)
    await this.#set(path, () => cid, options)
  }

  /** The content is written with the folders, so that one flush is enough. */
  async put(path: string, content: Uint8Array, options: Expecting = {}): Promise<string> {
    let cid = ''
    await this.#set(path, (draft) => (cid = draft.leaf(content)), options)
    return cid
  }

  unlink(path: string, options: Call & { readonly expect?: string | undefined } = {}): Promise<void> {
    return this.#edit(options, async (draft) => {
      const here = await draft.at(names(path))
      requireThere(path, here, options.expect)
      if (here === undefined) throw new VfsError('NOT_FOUND', `${path} does not exist`)
      await draft.set(names(path), null)
    })
  }

  move(from: string, to: string, options: Call & { readonly expect?: string | undefined } = {}): Promise<void> {
    return this.#edit(options, async (draft) => {
      if (`${to}/`.startsWith(`${from}/`)) throw new VfsError('INVALID_ARGUMENT', `${from} cannot be moved into itself`)
      const here = await draft.at(names(from))
      requireThere(from, here, options.expect)
      if (here === undefined) throw new VfsError('NOT_FOUND', `${from} does not exist`)
      if ((await draft.at(names(to))) !== undefined) throw new VfsError('ALREADY_EXISTS', `${to} exists`)
      await draft.set(names(to), here)
      await draft.set(names(from), null)
    })
  }

  #set(path: string, child: (draft: Draft) => string, options: Expecting): Promise<void> {
    return this.#edit(options, async (draft) => {
      requireThere(path, await draft.at(names(path)), options.expect)
      await draft.set(names(path), child(draft))
    })
  }

  #edit({ signal }: Call, work: (draft: Draft) => Promise<void>): Promise<void> {
    throwIfAborted(signal, 'change')
    return new Promise((resolve, reject) => {
      this.#queue.push({ work, resolve, reject })
      if (!this.#draining) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#draining = true
    while (this.#queue.length > 0) {
      const edits = this.#queue
      this.#queue = []
      await this.#apply(edits).catch((error: unknown) => edits.forEach((edit) => edit.reject(error)))
    }
    this.#draining = false
  }

  async #apply(edits: readonly Edit[]): Promise<void> {
    await using _ = await this.#content.guard()
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(Math.random() * 5)) {
      const root = await this.root()
      const draft = await this.#draft(root)
      const outcomes: Outcome[] = []
      for (const edit of edits) outcomes.push(await attempt(edit, draft))
      if (await draft.commit(this.#content.blocks, (batch) => this.#root.commit(batch, root, draft.root))) return outcomes.forEach(settle)
    }
    throw new VfsError('BUSY', 'other processes kept changing the mutable tree')
  }

  async #begin(): Promise<string> {
    await using _ = await this.#content.guard()
    const [empty] = await Array.fromAsync(this.#content.putTree(nothing()))
    await using batch = this.#content.blocks.batch()
    await this.#root.commit(batch, undefined, empty?.cid ?? '')
    return await this.root()
  }
}

/** An edit that fails leaves its draft as it was: the others go on. */
async function attempt(edit: Edit, draft: Draft): Promise<Outcome> {
  const before = draft.mark()
  try {
    await edit.work(draft)
    return { edit }
  } catch (error) {
    draft.reset(before)
    return { edit, error }
  }
}

function settle({ edit, error }: Outcome): void {
  if (error === undefined) edit.resolve()
  else edit.reject(error)
}

const names = (path: string): string[] => path.split('/').filter((name) => name !== '')
const tail = (path: string): string => (path === '/' ? '' : path)

async function* nothing(): AsyncGenerator<never> {}
