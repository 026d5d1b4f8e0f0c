import type { ReadResourceResult } from '@modelcontextprotocol/server'
import { collect } from '../../core/bytes.ts'
import { VfsError } from '../../core/error.ts'
import { oneLine } from '../../core/one-line.ts'
import { name, type VfsPath } from '../../core/path.ts'
import type { Vfs, VfsCall } from '../../vfs/types.ts'
import { DIRECTORY, mimeOf } from './mime.ts'

/** A resource goes in one piece, so it is no larger than the pieces of other doors. */
const MAX_BYTES = 1024 * 1024
const MAX_NAMES = 1_000

/** The content of a file as text if it is UTF-8, else as a blob; the names in a folder, one a line. Rejects FILE_TOO_LARGE. */
export async function readResource(vfs: Vfs, uri: string, path: VfsPath, call: VfsCall): Promise<ReadResourceResult> {
  const stat = await vfs.stat(path, call)
  return { contents: [stat.kind === 'directory' ? await folder(vfs, uri, path, call) : await file(vfs, uri, path, call)] }
}

type Contents = ReadResourceResult['contents'][number]

async function file(vfs: Vfs, uri: string, path: VfsPath, call: VfsCall): Promise<Contents> {
  const opened = await vfs.open(path, call)
  if (opened.stat.size > MAX_BYTES) throw tooLarge(path, opened.stat.size)
  const bytes = await collect(opened.read(), MAX_BYTES)
  const text = asText(bytes)
  const mimeType = mimeOf(name(path), text !== undefined)
  return text === undefined ? { uri, mimeType, blob: Buffer.from(bytes).toString('base64') } : { uri, mimeType, text }
}

async function folder(vfs: Vfs, uri: string, path: VfsPath, call: VfsCall): Promise<Contents> {
  const names: string[] = []
  for await (const entry of vfs.list(path, call)) {
    if (names.length === MAX_NAMES) {
      names.push('… (vfs_ls pages through the rest)')
      break
    }
    names.push(oneLine(entry.name) + (entry.kind === 'directory' ? '/' : ''))
  }
  return { uri, mimeType: DIRECTORY, text: names.join('\n') }
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return bytes.includes(0) ? undefined : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const tooLarge = (path: VfsPath, size: number): VfsError =>
  new VfsError('FILE_TOO_LARGE', `${path} has ${size} bytes; as a resource it may have ${MAX_BYTES}`, {
    path,
    hint: 'Read it in pieces with vfs_read.',
    details: { size, limit: MAX_BYTES },
  })
