import { z } from 'zod'
import { bytesOf, counted } from '../src/core/bytes.ts'
import type { Bytes } from '../src/core/backend.ts'
import { VfsError } from '../src/core/error.ts'
import type { VfsPath } from '../src/core/path.ts'
import { vfsPathInput } from '../src/registry/path-input.ts'
import type { ToolContext } from '../src/registry/tool.ts'
import type { Vfs, VfsCall } from '../src/vfs/types.ts'

/** Of half a character UTF-8 would make another one. */
const wellFormed = z.string().refine((text) => text.isWellFormed(), 'holds half a character (a lone surrogate), which no text file can')

/** How content comes into a tool: exactly one of the three. Large content is named by path and never typed by a model. */
export const contentFields = {
  content: wellFormed.optional(),
  content_base64: z.base64().optional(),
  from: vfsPathInput('File to take the content from').optional(),
}

export interface ContentInput {
  readonly content?: string | undefined
  readonly content_base64?: string | undefined
  readonly from?: VfsPath | undefined
}

export interface ContentCall extends VfsCall {
  /** Told how much of a file has been taken. */
  readonly progress?: ToolContext['progress'] | undefined
}

/** Rejects INVALID_ARGUMENT unless one is given. */
export async function contentOf(input: ContentInput, vfs: Pick<Vfs, 'open'>, { progress, ...call }: ContentCall): Promise<Bytes | Uint8Array> {
  const { content, content_base64, from } = input
  const given = [content, content_base64, from].filter((one) => one !== undefined)
  if (given.length !== 1) throw new VfsError('INVALID_ARGUMENT', 'give exactly one of content, content_base64 and from')
  if (from !== undefined) {
    const file = await vfs.open(from, call)
    return progress ? counted(file.read(), (bytes) => progress(bytes, file.stat.size)) : file.read()
  }
  return content === undefined ? Buffer.from(content_base64 ?? '', 'base64') : Buffer.from(content)
}

/** The same, where only a stream will do. */
export const streamOf = (content: Bytes | Uint8Array): Bytes => (content instanceof Uint8Array ? bytesOf(content) : content)
