import type { Call, Precondition, Stat, Trash } from '../../core/backend.ts'
import { inDoubt } from '../../core/effect.ts'
import { isCode, VfsError } from '../../core/error.ts'
import { segments, type VfsPath } from '../../core/path.ts'
import type { TreeNode } from './types.ts'
import { IpfsView, statOf } from '../view.ts'
import { check, exactly, required } from './guard.ts'

/** Content is immutable, so to keep it is to remember its CID. */
export class TreeTrash implements Trash {
  readonly contents: IpfsView
  readonly #node: TreeNode
  readonly #byCid: boolean

  constructor(node: TreeNode, scheme: string, byCid: boolean) {
    this.#node = node
    this.#byCid = byCid
    this.contents = new IpfsView(node, scheme, (path, call) => this.#where(path, call))
  }

  put(path: VfsPath, id: string, options: Call & Precondition = {}): Promise<Stat> {
    return this.contents.told('remove', path, () =>
      exactly(options, async () => {
        if (path === '/') throw new VfsError('INVALID_ARGUMENT', 'is the root')
        const here = await required(this.#node, path, options)
        check(here, options)
        await this.#requireUnused(id)
        return async () => {
          await this.#node.keeps.set(id, here.cid) // first, so that a crash in between loses nothing
          await this.#unlink(path, id, { signal: options.signal, expect: here.cid })
          return statOf(here)
        }
      }),
    )
  }

  back(id: string, path: VfsPath, call: Call = {}): Promise<Stat> {
    return this.contents.told('restore', path, async () => {
      const cid = await this.#kept(id, call)
      await this.#node.mfs.link(path, cid, { ...call, expect: null }).catch(taken)
      await this.#letGo(id)
      return statOf(await this.#node.stat(cid))
    })
  }

  keep(path: VfsPath, id: string, call: Call = {}): Promise<Stat> {
    return this.contents.told('keep', path, async () => {
      const here = await required(this.#node, path, call)
      if (here.kind === 'directory' && !this.#byCid) throw new VfsError('IS_DIRECTORY', 'is a folder')
      await this.#node.keeps.set(id, here.cid, call)
      return statOf(here)
    })
  }

  drop(id: string, call?: Call): Promise<void> {
    return this.#node.keeps.remove(id, call)
  }

  async #requireUnused(id: string): Promise<void> {
    if ((await this.#node.keeps.get(id)) !== undefined) throw new VfsError('ALREADY_EXISTS', `something is kept under ${JSON.stringify(id)} already`)
  }

  async #unlink(path: VfsPath, id: string, options: Call & { readonly expect: string }): Promise<void> {
    try {
      await this.#node.mfs.unlink(path, options)
    } catch (error) {
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await this.#letGo(id) // else it may be all that is left
      throw error
    }
  }

  /** At the end of a change, which has taken place or has been refused: what is kept too much is for the journal to find. */
  async #letGo(id: string): Promise<void> {
    await this.#node.keeps.remove(id).catch((cause: unknown) => Promise.reject(inDoubt(cause, {}, 'what is kept of it could not be let go')))
  }

  async #where(path: VfsPath, call?: Call): Promise<string> {
    const [id = '', ...below] = segments(path)
    return [await this.#kept(id, call), ...below].join('/')
  }

  async #kept(id: string, call?: Call): Promise<string> {
    const cid = await this.#node.keeps.get(id, call)
    if (cid === undefined) throw new VfsError('NOT_FOUND', `nothing is kept under ${JSON.stringify(id)}`)
    return cid
  }
}

function taken(error: unknown): never {
  throw isCode(error, 'CONFLICT') ? new VfsError('ALREADY_EXISTS', 'exists already', { cause: error }) : error
}
