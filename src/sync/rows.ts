/** A folder on the way from the top; its row has an id once it is written. */
export interface Branch {
  readonly parent: Branch | undefined
  readonly name: string
  id: number | undefined
}

/** What a file or folder has become. */
export interface Became {
  readonly cid: string
  readonly tsize: number
}

export interface FileRow extends Became {
  readonly name: string
  /** What the file looked like; while it does, nobody reads it. */
  readonly stamp: string
}

export interface FolderRow {
  readonly id: number
  readonly name: string
  /** Null if it has to be compared child by child. */
  readonly digest: Uint8Array | null
  readonly cid: string | null
  readonly tsize: number | null
}

/** What a run has found out and not written yet. */
export class Findings {
  readonly files: (FileRow & { readonly in: Branch })[] = []
  readonly folders: (Became & { readonly branch: Branch; readonly digest: Uint8Array })[] = []
  readonly goneFiles: { readonly folder: number; readonly name: string }[] = []
  readonly goneFolders: number[] = []

  get count(): number {
    return this.files.length + this.folders.length + this.goneFiles.length + this.goneFolders.length
  }
}
