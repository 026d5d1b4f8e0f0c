import { parseCid } from '../content/unixfs/codec.ts'
import { buildFolder } from '../content/unixfs/folder-builder.ts'
import { V1 } from '../content/unixfs/profile.ts'
import type { Keeper } from './keeper.ts'
import { type Became, type Branch, type FileRow, Findings } from './rows.ts'
import type { NodeSink } from './sink.ts'

const BATCH = { rows: 2000, bytes: 64 << 20, ms: 5000 } // what a crash can cost

/** Writes findings down in batches, each once its blocks are durable and kept: what a run has done is done, however it ends. */
export class Recorder {
  readonly #keeper: Keeper
  readonly #sink: NodeSink
  #findings = new Findings()
  #bytes = 0
  #since = performance.now()
  #writing: Promise<void> | undefined

  constructor(keeper: Keeper, sink: NodeSink) {
    this.#keeper = keeper
    this.#sink = sink
  }

  async file(branch: Branch, row: FileRow, bytes: number): Promise<void> {
    this.#findings.files.push({ ...row, in: branch })
    this.#bytes += bytes
    await this.#settle()
  }

  async folder(branch: Branch, digest: Uint8Array, became: Became): Promise<void> {
    this.#findings.folders.push({ branch, digest, ...became })
    await this.#settle()
  }

  fileGone(folder: number, name: string): void {
    this.#findings.goneFiles.push({ folder, name })
  }

  folderGone(id: number): void {
    this.#findings.goneFolders.push(id)
  }

  /** The end of a run that has come to its root. */
  async whole(root: string): Promise<void> {
    await this.#writing
    await this.#sink.commit()
    await this.#keeper.whole(root, this.#findings)
  }

  /** Waits while a batch is written, once there is enough for another. */
  async #settle(): Promise<void> {
    const { rows, bytes, ms } = BATCH
    if (this.#findings.count < rows && this.#bytes < bytes && performance.now() - this.#since < ms) return
    await (this.#writing ??= this.#batch().finally(() => (this.#writing = undefined)))
  }

  /** A folder of all that was found is what the node keeps until there is a root. */
  async #batch(): Promise<void> {
    const findings = this.#findings
    this.#findings = new Findings()
    this.#bytes = 0
    this.#since = performance.now()
    const links = [...findings.files, ...findings.folders].map(({ cid, tsize }, at) => ({ name: String(at), cid: parseCid(cid), tsize }))
    const { cid } = await buildFolder(links, this.#sink.save, { format: V1.format, meta: {}, profile: V1 })
    await this.#sink.commit()
    await this.#keeper.batch(cid.toString(), findings)
  }
}
