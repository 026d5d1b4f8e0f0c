import type { Bytes, Call, Capabilities, Entry, ListOptions, MoveOptions, Precondition, Range, Stat, Trash, WriteOptions } from '../../core/backend.ts'
import { BaseBackend } from '../../core/base.ts'
import { incoming, peek } from '../../core/bytes.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import { parent, ROOT, type VfsPath, within } from '../../core/path.ts'
import { SMALL_BYTES } from '../../content/blocks/batch.ts'
import type { Node } from '../../content/types.ts'
import type { TreeNode } from './types.ts'
import { IpfsView, statOf } from '../view.ts'
import { check, exactly, present, required } from './guard.ts'
import { TreeTrash } from './trash.ts'

type RemoveOptions = Call & Precondition & { readonly recursive?: boolean | undefined }

/**
 * A mutable tree of UnixFS. Every change is one swap of its root, made only if what stands at the path is still what was
 * looked at: so each precondition is exact, against every writer that the engine can hold off. Modes and times are not kept.
 */
export class TreeBackend extends BaseBackend {
  readonly scheme: string
  readonly volume: string
  readonly capabilities: Capabilities
  override readonly trash: Trash
  override readonly usesUp = true
  readonly #node: TreeNode
  readonly #view: IpfsView

  constructor(scheme: string, node: TreeNode, { byCid = true }: { readonly byCid?: boolean } = {}) {
    super()
    this.scheme = scheme
    this.#node = node
    this.volume = node.mfs.volume
    this.#view = new IpfsView(node, scheme, async (path, call) => (await node.mfs.root(call)) + (path === '/' ? '' : path))
    this.trash = new TreeTrash(node, scheme, byCid)
    this.capabilities = Object.freeze({
      write: true,
      empty_folders: true,
      rename: true,
      rename_atomic: true,
      tree_atomic: true,
      copy: true,
      trash: true,
      content_addressed: node.sharesContent,
      by_cid: byCid,
      modes: false,
      metadata: false,
      cas: node.mfs.cas,
    })
  }

  override check(call?: Call): Promise<void> {
    return this.#view.told('check', ROOT, async () => void (await this.#node.mfs.root(call)))
  }

  override notes(): readonly string[] {
    return this.#view.pathless.notes()
  }

  stat(path: VfsPath, call?: Call): Promise<Stat> {
    return this.#view.stat(path, call)
  }

  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    return this.#view.list(path, options)
  }

  read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes {
    return this.#view.read(path, options)
  }

  override write(path: VfsPath, source: Bytes, options: WriteOptions = {}): Promise<Stat> {
    return this.#view.told('write', path, async () => {
      await this.#replaceable(path, options)
      const peeked = await peek(incoming(source, path, options.signal), SMALL_BYTES)
      return statOf('whole' in peeked ? await this.#putSmall(path, peeked.whole, options) : await this.#putLarge(path, peeked.stream, options))
    })
  }

  override mkdir(path: VfsPath, call: Call = {}): Promise<void> {
    return this.#view.told('mkdir', path, async () => {
      await using _ = await this.#node.guard()
      await exactly(call, async () => {
        const here = await present(this.#node, path, call)
        if (here?.kind === 'directory') return async () => {}
        if (here) throw new VfsError('ALREADY_EXISTS', 'is a file')
        const cid = await this.#emptyFolder(call)
        return () => this.#node.mfs.link(path, cid, { ...call, expect: null })
      })
    })
  }

  override remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    return this.#view.told('remove', path, () =>
      exactly(options, async () => {
        if (path === '/') throw new VfsError('INVALID_ARGUMENT', 'is the root')
        const here = await present(this.#node, path, options).catch(nothingBelowFile)
        check(here, options)
        if (!here) return async () => {}
        if (!options.recursive) await this.#requireEmpty(here, options)
        return () => this.#node.mfs.unlink(path, { signal: options.signal, expect: here.cid })
      }),
    )
  }

  override rename(from: VfsPath, to: VfsPath, options: MoveOptions = {}): Promise<void> {
    return this.#view.told('rename', from, () =>
      exactly(options, async () => {
        const here = await required(this.#node, from, options)
        check(here, options)
        if (from === to) return async () => {}
        if (from === '/' || (here.kind === 'directory' && within(from, to))) throw new VfsError('INVALID_ARGUMENT', 'cannot be moved into itself')
        await this.#view.told('rename', to, () => this.#requireFree(to, options))
        return () => this.#node.mfs.move(from, to, { signal: options.signal, expect: here.cid })
      }),
    )
  }

  override copy(from: VfsPath, to: VfsPath, options: MoveOptions = {}): Promise<Stat> {
    return this.#view.told('copy', from, () =>
      exactly(options, async () => {
        const here = await required(this.#node, from, options)
        check(here, options)
        if (here.kind === 'directory') throw new VfsError('IS_DIRECTORY', 'is a folder')
        if (from === to) return async () => statOf(here)
        await this.#view.told('copy', to, () => this.#requireFree(to, options))
        return async () => {
          await this.#node.mfs.link(to, here.cid, { signal: options.signal, expect: null })
          return statOf(here)
        }
      }),
    )
  }

  override graft(path: VfsPath, cid: string, options: Call & Precondition = {}): Promise<Stat> {
    if (!this.capabilities.by_cid) return super.graft(path, cid, options)
    return this.#view.told('graft', path, async () => {
      if (path === '/') throw new VfsError('INVALID_ARGUMENT', 'is the root')
      const node = await this.#node.stat(cid, options)
      await exactly(options, async () => {
        const here = await present(this.#node, path, options)
        check(here, options)
        if (!here) await this.#requireFolder(parent(path), options)
        return () => this.#node.mfs.link(path, node.cid, { signal: options.signal, expect: here?.cid ?? null })
      })
      return statOf(node)
    })
  }

  async #putSmall(path: VfsPath, content: Uint8Array, options: WriteOptions): Promise<Node> {
    await options.staged?.(content.length)
    const cid = await this.#place(path, options, (expected) => this.#node.mfs.put(path, content, expected))
    return { cid, kind: 'file', size: content.length, tsize: content.length, links: 0 }
  }

  async #putLarge(path: VfsPath, content: Bytes, options: WriteOptions): Promise<Node> {
    await using _ = await this.#node.guard()
    const file = await this.#node.add(content, { signal: options.signal })
    await options.staged?.(file.size)
    await this.#place(path, options, (expected) => this.#node.mfs.link(path, file.cid, expected))
    return file
  }

  #place<T>(path: VfsPath, options: WriteOptions, put: (expected: Call & { readonly expect: string | null }) => Promise<T>): Promise<T> {
    return exactly(options, async () => {
      const here = await this.#replaceable(path, options)
      return () => put({ signal: options.signal, expect: here?.cid ?? null })
    })
  }

  async #replaceable(path: VfsPath, options: WriteOptions): Promise<Node | undefined> {
    throwIfAborted(options.signal, 'write')
    const here = await present(this.#node, path, options)
    if (here?.kind === 'directory') throw new VfsError('IS_DIRECTORY', 'is a folder')
    check(here, options)
    if (!here) await this.#requireFolder(parent(path), options)
    return here
  }

  async #requireFolder(path: VfsPath, call: Call): Promise<void> {
    const folder = await present(this.#node, path, call)
    if (!folder) throw new VfsError('NOT_FOUND', `there is no folder ${path}`)
    if (folder.kind !== 'directory') throw new VfsError('NOT_DIRECTORY', `${path} is a file`)
  }

  async #requireFree(to: VfsPath, call: Call): Promise<void> {
    if (await present(this.#node, to, call)) throw new VfsError('ALREADY_EXISTS', 'exists already')
    await this.#requireFolder(parent(to), call)
  }

  async #requireEmpty(here: Node, call: Call): Promise<void> {
    if (here.kind !== 'directory') return
    for await (const child of this.#node.list(here.cid, call)) throw new VfsError('NOT_EMPTY', `holds ${JSON.stringify(child.name)}`)
  }

  async #emptyFolder(call: Call): Promise<string> {
    let cid = ''
    for await (const node of this.#node.addTree(nothing(), call)) ({ cid } = node)
    return cid
  }
}

function nothingBelowFile(error: unknown): undefined {
  if (!isCode(error, 'NOT_DIRECTORY')) throw error
}

async function* nothing(): AsyncGenerator<never> {}
