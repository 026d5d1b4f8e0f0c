import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { patiently } from '../sqlite/busy.ts'
import { Committer } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'
import { openShared } from '../sqlite/shared.ts'
import type { Branch, FileRow, Findings, FolderRow } from './rows.ts'
import { MIGRATIONS } from './schema.ts'

const FOLDER = 'select id, name, digest, cid, tsize from folder'
/**
 * What the node keeps is read in the order of names by a collection that runs meanwhile. A name that takes the place of another
 * sorts behind it: so whichever of the two is there when its turn comes, one of them is seen.
 */
const KEEP = "id, printf('sync:%012d:%s', id, salt) as name, cid"
const BELOW = 'with recursive below(id) as (select id from folder where scope = ? union all select f.id from folder f join below on f.parent = below.id)'

export interface Keep {
  readonly id: number
  /** Under which the node keeps it. */
  readonly name: string
  readonly cid: string
}

export interface Scope {
  readonly id: number
  /** The keep of the last whole root. */
  readonly root: number | null
  /** Batches up to this one are below that root. */
  readonly settled: number
}

/** The rows of sync.db; what the node must keep for them is the Keeper's business. */
export class SyncIndex implements AsyncDisposable {
  readonly #db: Database
  readonly #committer: Committer

  private constructor(db: Database) {
    this.#db = db
    this.#committer = new Committer(db)
  }

  static async open(folder: string): Promise<SyncIndex> {
    return new SyncIndex(await openShared(join(folder, 'sync.db'), MIGRATIONS))
  }

  /** Made if it is new. */
  scope(key: string): Promise<Scope> {
    return this.#committer.run(() => {
      this.#db.run(
        'insert into scope (key, used) values (?, 1 + (select ifnull(max(used), 0) from scope)) on conflict (key) do update set used = excluded.used',
        key,
      )
      return this.#one<Scope>('select id, root, settled from scope where key = ?', key)
    })
  }

  /** The scopes that were used longest ago, beyond so many. */
  oldest(beyond: number): Promise<readonly { readonly id: number; readonly key: string }[]> {
    return patiently(() => this.#db.all('select id, key from scope order by used desc limit -1 offset ?', beyond))
  }

  async forget(scope: number): Promise<void> {
    await this.#committer.run(() => this.#db.run('delete from scope where id = ?', scope))
  }

  keeps(scope: number): Promise<readonly Keep[]> {
    return patiently(() => this.#db.all(`select ${KEEP} from keep where scope = ? order by id`, scope))
  }

  /** Its id is that of a new batch. */
  addKeep(scope: number, cid: string): Promise<Keep> {
    const sql = `insert into keep (scope, salt, cid) values (?, ?, ?) returning ${KEEP}`
    return this.#committer.run(() => this.#one<Keep>(sql, scope, randomUUID(), cid))
  }

  async dropKeep(id: number): Promise<void> {
    await this.#committer.run(() => this.#db.run('delete from keep where id = ?', id))
  }

  /** Forgets what a batch has found. */
  async dropBatch(batch: number): Promise<void> {
    await this.#committer.run(() => this.#db.run('delete from file where batch = ?', batch))
  }

  /** Every folder will be compared child by child. */
  async distrustFolders(scope: number): Promise<void> {
    await this.#committer.run(() => this.#db.run(`${BELOW} update folder set digest = null where id in below`, scope))
  }

  top(scope: number): Promise<FolderRow | undefined> {
    return patiently(() => this.#db.get(`${FOLDER} where scope = ?`, scope))
  }

  child(folder: number, name: string): Promise<FolderRow | undefined> {
    return patiently(() => this.#db.get(`${FOLDER} where parent = ? and name = ?`, folder, name))
  }

  folders(folder: number): Promise<readonly FolderRow[]> {
    return patiently(() => this.#db.all(`${FOLDER} where parent = ?`, folder))
  }

  files(folder: number): Promise<readonly FileRow[]> {
    return patiently(() => this.#db.all('select name, stamp, cid, tsize from file where folder = ?', folder))
  }

  /** A CID of the content that a file had when it had this etag. */
  async contentOf(scope: number, path: string, etag: string): Promise<string | undefined> {
    const row = await patiently(() => this.#db.get<Keep>('select cid from content where scope = ? and path = ? and etag = ?', scope, path, etag))
    return row?.cid
  }

  /** What a crash takes of it is found out again. */
  async setContent(scope: number, path: string, etag: string, cid: string): Promise<void> {
    const sql = 'insert or replace into content select id, ?, ?, ? from scope where id = ?' // which may be forgotten by now
    await this.#committer.run(() => this.#db.run(sql, path, etag, cid, scope), { durable: false })
  }

  /** With `root`: the batch is that of a whole root, under which all rows of the scope are from now on. */
  async write(scope: number, batch: number, findings: Findings, { root = false } = {}): Promise<void> {
    const ids = await this.#committer.run(() => {
      const made = new Map<Branch, number>()
      this.#write(findings, batch, (branch) => this.#id(branch, scope, made))
      if (root) this.#db.run('update scope set root = ?, settled = ? where id = ?', batch, batch, scope)
      return made
    })
    for (const [branch, id] of ids) branch.id = id
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }

  #write({ files, folders, goneFiles, goneFolders }: Findings, batch: number, idOf: (branch: Branch) => number): void {
    for (const { folder, name } of goneFiles) this.#db.run('delete from file where folder = ? and name = ?', folder, name)
    for (const id of goneFolders) this.#db.run('delete from folder where id = ?', id)
    for (const { in: branch, name, stamp, cid, tsize } of files)
      this.#db.run('insert or replace into file values (?, ?, ?, ?, ?, ?)', idOf(branch), name, stamp, cid, tsize, batch)
    for (const { branch, digest, cid, tsize } of folders)
      this.#db.run('update folder set digest = ?, cid = ?, tsize = ? where id = ?', digest, cid, tsize, idOf(branch))
  }

  /** Of the folder's row, which is made with those above it; what an attempt has made is told to the branches only once it is committed. */
  #id(branch: Branch, scope: number, made: Map<Branch, number>): number {
    const known = branch.id ?? made.get(branch)
    if (known !== undefined) return known
    const parent = branch.parent && this.#id(branch.parent, scope, made)
    const { id } = this.#one<FolderRow>(
      'insert into folder (scope, parent, name) values (?, ?, ?) returning id',
      parent === undefined ? scope : null,
      parent ?? null,
      branch.name,
    )
    made.set(branch, id)
    return id
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what his statement selects
  #one<Row>(sql: string, ...values: (string | number | null)[]): Row {
    const row = this.#db.get<Row>(sql, ...values)
    if (row === undefined) throw new Error('the statement gave no row')
    return row
  }
}
