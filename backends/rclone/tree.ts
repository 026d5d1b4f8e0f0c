import type { Call, CopyOptions, Precondition, Stat } from '../../src/core/backend.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { afterwards } from '../../src/core/effect.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import type { Locks } from '../../src/core/locks.ts'
import { join, parent, type VfsPath } from '../../src/core/path.ts'
import type { Item } from './rc.ts'
import { Steps } from './steps.ts'
import type { Asked } from './work.ts'
import { OWN, refusal, statOf, type View } from './view.ts'

export type RemoveOptions = Call & Precondition & { readonly recursive?: boolean | undefined; readonly mustExist?: boolean | undefined }

export interface Transfer {
  readonly how: 'move' | 'copy'
  readonly target: Tree
  readonly from: VfsPath
  readonly to: VfsPath
}

const MARK = `${OWN}-folder`

/** Changes of what a view shows; those of a file's content are in write.ts. */
export class Tree {
  readonly view: View
  readonly #locks: Locks
  /** True for storages that forget a folder with its last file: there a file of our own keeps it alive. */
  readonly #marks: boolean

  constructor(view: View, locks: Locks, marks: boolean) {
    this.view = view
    this.#locks = locks
    this.#marks = marks
  }

  /** What changes this path: all of it is found there by whoever looks at how a change has ended. */
  steps(path: VfsPath): Steps {
    return new Steps(this.view.rc, this.view.workAt(path))
  }

  async mkdir(path: VfsPath, call: Call): Promise<void> {
    const standing = await this.view.find('mkdir', path, call)
    if (standing?.kind === 'file') throw refusal('ALREADY_EXISTS', 'mkdir', path, 'is a file')
    if (standing) return
    await this.view.requireFolder('mkdir', parent(path), call)
    await this.#make(this.steps(path), path, call)
  }

  remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    return this.#locked(path, async () => {
      const standing = await this.view.findAny('remove', path, options)
      await this.view.check('remove', path, standing, options)
      if (!standing && options.mustExist) throw refusal('NOT_FOUND', 'remove', path, 'does not exist')
      if (!standing) return
      const steps = this.steps(path)
      await steps.work.surely(
        () =>
          standing.kind === 'file'
            ? steps.work.run('operations/deletefile', { remote: this.view.place(path) }, options)
            : this.#removeFolder(steps, path, options),
        async () => !(await this.view.findAny('remove', path)),
      )
      await afterwards(() => this.#keepAlive(steps, parent(path)))
    })
  }

  /** A file, or an empty folder, to where nothing stands; it stays in the remote. */
  async transfer(steps: Steps, it: Transfer, options: CopyOptions): Promise<Stat> {
    const { how, target, from, to } = it
    return this.#betweenLocked(this.view.place(from), target.view.place(to), async () => {
      const source = await this.view.get(how, from, options)
      await this.view.check(how, from, source, { ifMatch: options.ifMatch, signal: options.signal })
      if (source.kind === 'directory' && how === 'copy') throw refusal('IS_DIRECTORY', how, from, 'is a folder')
      if (this === target && from === to) return statOf(source)
      await target.#requireFree(how, to, options)
      await (source.kind === 'directory' ? this.#moveFolder(steps, it, options) : this.#transferFile(steps, it, { ...options, size: source.item.Size }))
      if (how === 'move') await afterwards(() => this.#keepAlive(steps, parent(from)))
      return await afterwards(() => target.view.stat(to))
    })
  }

  async #moveFolder(steps: Steps, { target, from, to }: Transfer, call: Call): Promise<void> {
    await this.#requireEmpty('move', from, call)
    await target.#make(steps, to, call)
    await afterwards(() => this.#removeFolder(steps, from))
  }

  #transferFile(steps: Steps, { how, target, from, to }: Transfer, call: Asked): Promise<void> {
    const [place, aim] = [this.view.place(from), target.view.place(to)]
    return how === 'move' ? steps.move(place, aim, call) : steps.copy(place, aim, call)
  }

  async #requireFree(op: string, path: VfsPath, call: Call): Promise<void> {
    if (await this.view.find(op, path, call)) throw refusal('ALREADY_EXISTS', op, path, 'exists already')
    const folder = await this.view.find(op, parent(path), call)
    if (!folder) throw refusal('NOT_FOUND', op, path, 'has no folder to be in')
    if (folder.kind === 'file') throw refusal('NOT_DIRECTORY', op, path, 'lies below a file')
  }

  async #requireEmpty(op: 'remove' | 'move', path: VfsPath, call: Call): Promise<void> {
    const [shown] = await this.#shown(op, path, call)
    if (shown) throw refusal(op === 'remove' ? 'NOT_EMPTY' : 'UNSUPPORTED', op, path, `holds ${JSON.stringify(shown.Name)}`)
  }

  /** Rejects NOT_EMPTY where more stands than is shown: it is somebody's, and would go with its folder. */
  async #shown(op: string, path: VfsPath, call: Call): Promise<Item[]> {
    const { shown, hidden } = await this.view.all(path, call)
    const other = hidden.find((name) => name !== MARK)
    if (other !== undefined) throw refusal('NOT_EMPTY', op, path, `holds ${other}, which is not shown: another polymount writes there, or left it`)
    return shown
  }

  async #removeFolder(steps: Steps, path: VfsPath, { recursive, signal, going }: RemoveOptions = {}): Promise<void> {
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    if (recursive) await this.#removeShown(steps, path, { signal, going })
    else await this.#requireEmpty('remove', path, { signal })
    if (this.#marks) await steps.drop(`${this.view.place(path)}/${MARK}`)
    await steps.work.run('operations/rmdir', { remote: this.view.place(path) }, { signal })
  }

  /** One by one: what others add meanwhile stays, and its folder with it. */
  async #removeShown(steps: Steps, path: VfsPath, call: Call): Promise<void> {
    for (const { Name, IsDir } of await this.#shown('remove', path, call)) {
      throwIfAborted(call.signal, 'remove')
      const inner = join(path, Name)
      await (IsDir ? this.#removeFolder(steps, inner, { ...call, recursive: true }) : steps.drop(this.view.place(inner)))
      call.going?.()
    }
  }

  async #make(steps: Steps, path: VfsPath, call: Call): Promise<void> {
    const place = this.view.place(path)
    await steps.work.surely(
      () => (this.#marks ? steps.work.upload(place, MARK, bytesOf(''), call) : steps.work.run('operations/mkdir', { remote: place }, call)),
      () => steps.exists(place),
    )
  }

  /** A folder that loses its last file stays, as on any disk. */
  async #keepAlive(steps: Steps, path: VfsPath): Promise<void> {
    if (this.#marks && path !== '/' && !(await this.view.find('remove', path, {}))) await this.#make(steps, path, {})
  }

  /** In an order that all have, so that two never wait for each other. */
  #betweenLocked<T>(from: string, to: string, work: () => Promise<T>): Promise<T> {
    if (from === to) return this.#locks.run(from, work)
    const [first, second] = from < to ? [from, to] : [to, from]
    return this.#locks.run(first, () => this.#locks.run(second, work))
  }

  #locked<T>(path: VfsPath, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(this.view.place(path), work)
  }
}
