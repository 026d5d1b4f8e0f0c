import { encodeLink, parseCid, type Link } from '../content/unixfs/codec.ts'
import { Spares } from '../content/blocks/spares.ts'
import { buildFile } from '../content/unixfs/file-builder.ts'
import { buildFolder } from '../content/unixfs/folder-builder.ts'
import { V1 } from '../content/unixfs/profile.ts'
import type { Metadata } from '../content/types.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import { below, join, staysBelow, type VfsPath } from '../core/path.ts'
import type { NodeBlocks } from '../ipfs/types.ts'
import { compileGlobs } from '../vfs/match/glob.ts'
import { forEachOf } from '../vfs/pool.ts'
import { Failures } from '../vfs/transfer/failures.ts'
import type { OpenFile, Vfs, VfsCall, Walked } from '../vfs/types.ts'
import { type Child, digestOf, linkStamp, metadataOf, stampOf } from './children.ts'
import type { SyncIndex } from './index.ts'
import type { Keeper } from './keeper.ts'
import { Recorder } from './recorder.ts'
import type { Became, Branch, FolderRow } from './rows.ts'
import { NodeSink } from './sink.ts'
import type { SyncCall, Synced } from './types.ts'

const AT_ONCE = 8 // files read at the same time
const TRIES = 3 // against a file that is changed while it is read

type Chosen = (entry: Pick<Walked, 'path' | 'kind'>) => boolean

export interface RunParts {
  readonly vfs: Vfs
  readonly blocks: NodeBlocks
  readonly index: SyncIndex
  readonly keeper: Keeper
}

/** One folder of the VFS becomes a tree in IPFS: from below, each folder when all that lies in it is known. */
export class Run {
  readonly #parts: RunParts
  readonly #top: VfsPath
  readonly #options: SyncCall
  /** What is read here no model has seen, so it is not the session's. */
  readonly #call: VfsCall
  readonly #sink: NodeSink
  readonly #spares = new Spares(SharedArrayBuffer)
  readonly #recorder: Recorder
  readonly #chosen: Chosen
  readonly #done = { size: 0, added: 0, reused: 0, bytes: 0, linksLeftOut: 0, leftOut: new Failures() }

  constructor(parts: RunParts, top: VfsPath, options: SyncCall) {
    this.#parts = parts
    this.#top = top
    this.#options = options
    this.#call = { actor: { ...options.actor, session: undefined }, signal: options.signal }
    this.#sink = new NodeSink(parts.blocks, { signal: options.signal })
    this.#recorder = new Recorder(parts.keeper, this.#sink)
    this.#chosen = choice(options, top)
  }

  async whole(path: VfsPath): Promise<Synced> {
    const { vfs, index, keeper } = this.#parts
    const stat = await vfs.stat(path, this.#call)
    const row = await index.top(keeper.scope)
    const branch = { parent: undefined, name: '', id: row?.id }
    const { cid } = await this.#folder(path, branch, row, metadataOf(stat, this.#options.preserve))
    await this.#recorder.whole(cid)
    return { cid, ...this.#done }
  }

  async #folder(path: VfsPath, branch: Branch, row: FolderRow | undefined, meta: Metadata): Promise<Became & { readonly isEmpty: boolean }> {
    throwIfAborted(this.#options.signal, 'sync')
    const children = await this.#children(path, branch)
    const isEmpty = children.length === 0
    if (!isUnchanged(row, digestOf(children, meta))) return { ...(await this.#build(path, branch, children, meta)), isEmpty }
    this.#reuse(children.filter(({ kind }) => kind === 'file'))
    return { cid: row.cid, tsize: row.tsize, isEmpty }
  }

  /** Folders in it are done then, files are not. */
  async #children(path: VfsPath, branch: Branch): Promise<Child[]> {
    const children: Child[] = []
    const onSpecial = (at: VfsPath): void => (this.#chosen({ path: at, kind: 'file' }) ? this.#done.leftOut.onSpecial(at) : undefined)
    const { onPathless } = this.#done.leftOut
    for await (const entry of this.#parts.vfs.walk(path, { ...this.#call, depth: 1, details: true, ignored: true, onSpecial, onPathless })) {
      if (!this.#chosen(entry)) continue
      const child = entry.kind === 'directory' ? await this.#subfolder(entry, branch) : this.#fileChild(entry)
      if (child) children.push(child)
    }
    return children
  }

  #fileChild({ name, kind, path, target, size = 0, ...looks }: Walked): Child | undefined {
    const { preserve } = this.#options
    if (kind === 'file') return { name, kind, stamp: stampOf(looks, preserve), size, became: undefined }
    if (target !== undefined && staysBelow(below(this.#top, path).slice(1), target))
      return { name, kind: 'file', stamp: linkStamp(target, looks, preserve), target, meta: metadataOf(looks, preserve), size: 0, became: undefined }
    if (kind === 'link') this.#done.linksLeftOut++
    return undefined
  }

  /** undefined if it has gone since, or holds nothing of what was asked for. */
  async #subfolder(entry: Walked, parent: Branch): Promise<Child | undefined> {
    const { name, path } = entry
    const row = parent.id === undefined ? undefined : await this.#parts.index.child(parent.id, name)
    try {
      const { isEmpty, ...became } = await this.#folder(path, { parent, name, id: row?.id }, row, metadataOf(entry, this.#options.preserve))
      return isEmpty && this.#options.include?.length ? undefined : { name, kind: 'directory', stamp: '', size: 0, became }
    } catch (error) {
      if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY') && error.path === path) return undefined
      throw error
    }
  }

  async #build(path: VfsPath, branch: Branch, children: readonly Child[], meta: Metadata): Promise<Became> {
    const files = children.filter(({ kind }) => kind === 'file')
    await this.#recall(branch, children, files)
    const unknown = files.filter(({ became }) => became === undefined)
    await forEachOf(unknown, AT_ONCE, (child) =>
      child.target === undefined ? this.#add(join(path, child.name), branch, child) : this.#link(child.target, branch, child),
    )
    const there = children.filter(({ became }) => became !== undefined)
    const { cid, tsize } = await buildFolder(there.flatMap(linkOf), this.#sink.save, { format: V1.format, meta, profile: V1 })
    const became = { cid: cid.toString(), tsize }
    await this.#recorder.folder(branch, digestOf(there, meta), became)
    return became
  }

  /** What the index knows of the files, and what it knows that is there no longer. */
  async #recall(branch: Branch, children: readonly Child[], files: readonly Child[]): Promise<void> {
    if (branch.id === undefined) return
    const { index, keeper, blocks } = this.#parts
    const rows = new Map((await index.files(branch.id)).map((row) => [row.name, row]))
    for (const child of files) {
      const row = rows.get(child.name)
      rows.delete(child.name)
      if (row?.stamp !== child.stamp) continue
      if (keeper.isWhole || (await blocks.hasAll(row.cid, this.#call))) child.became = row
    }
    this.#reuse(files.filter(({ became }) => became !== undefined))
    for (const gone of rows.keys()) this.#recorder.fileGone(branch.id, gone)
    const folders = new Set(children.filter(({ kind }) => kind === 'directory').map(({ name }) => name))
    for (const { id, name } of await index.folders(branch.id)) if (!folders.has(name)) this.#recorder.folderGone(id)
  }

  /** Reads a file; leaves it out if it has gone since. Rejects CONFLICT if it is changed whenever it is read. */
  async #add(path: VfsPath, branch: Branch, child: Child): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(this.#options.signal, 'sync')
      try {
        return await this.#read(await this.#parts.vfs.open(path, this.#call), branch, child)
      } catch (error) {
        if (isCode(error, 'NOT_FOUND', 'IS_DIRECTORY', 'NOT_DIRECTORY')) return undefined
        if (!isCode(error, 'CONFLICT')) throw error
        if (attempt === TRIES) throw unsteady(path, error)
      }
    }
  }

  async #read(file: OpenFile, branch: Branch, child: Child): Promise<void> {
    const { preserve, signal } = this.#options
    if (file.stat.kind !== 'file') return
    const meta = metadataOf(file.stat, preserve)
    const { cid, size, tsize } = await buildFile(file.read({ reuse: true }), this.#sink.save, { signal, spares: this.#spares, ...meta })
    child.stamp = stampOf(file.stat, preserve)
    child.size = size
    child.became = { cid: cid.toString(), tsize }
    this.#done.size += size
    this.#done.bytes += size
    this.#done.added++
    this.#tell()
    await this.#recorder.file(branch, { name: child.name, stamp: child.stamp, ...child.became }, size)
  }

  async #link(target: string, branch: Branch, child: Child): Promise<void> {
    const encoded = encodeLink(target, { format: V1.format, meta: child.meta ?? {} })
    await this.#sink.save(encoded)
    child.became = { cid: encoded.cid.toString(), tsize: encoded.block.length }
    this.#done.added++
    this.#tell()
    await this.#recorder.file(branch, { name: child.name, stamp: child.stamp, ...child.became }, 0)
  }

  #reuse(files: readonly Child[]): void {
    for (const { size } of files) this.#done.size += size
    this.#done.reused += files.length
    if (files.length > 0) this.#tell()
  }

  #tell(): void {
    const { bytes, added, reused } = this.#done
    this.#options.onProgress?.(bytes, added + reused)
  }
}

const isUnchanged = (row: FolderRow | undefined, digest: Uint8Array): row is FolderRow & Became =>
  row?.digest !== undefined && row.digest !== null && row.cid !== null && row.tsize !== null && Buffer.from(digest).equals(row.digest)

const linkOf = ({ name, became }: Child): Link[] => (became ? [{ name, cid: parseCid(became.cid), tsize: became.tsize }] : [])

/** Files that one of `include` means, if there is one; nothing that one of `exclude` means, and nothing below it. */
function choice({ include = [], exclude = [] }: SyncCall, top: VfsPath): Chosen {
  if (include.length + exclude.length === 0) return () => true
  const [included, excluded] = [compileGlobs(include), compileGlobs(exclude)]
  return ({ path, kind }) => {
    const relative = below(top, path).slice(1)
    return !excluded(relative) && (kind === 'directory' || include.length === 0 || included(relative))
  }
}

const unsteady = (path: VfsPath, cause: unknown): VfsError =>
  new VfsError('CONFLICT', `${path} is changed whenever it is read, so it has no content that could be added`, {
    op: 'sync',
    path,
    cause,
    hint: 'Repeat the call when its writer is done, or leave it out with exclude; what has been added is not read again.',
  })
