import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Entry } from '../../src/core/backend.ts'
import { isCode } from '../../src/core/error.ts'
import { oneLine } from '../../src/core/one-line.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { isKnown } from '../../src/core/times.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { LineIndex } from '../../src/text/line-index.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { listedAs, longLine, pageOf } from './listing.ts'
import { begin, linesOf, pictureOf, pieceOf } from './reading.ts'
import { callOf, capabilityNames, path, recursive, text } from './schemas.ts'

const MAX_PIECE = 1024 * 1024

const ReadInput = z.strictObject({
  path,
  offset: z.int().default(1).describe('First line, from 1; negative counts from the end'),
  limit: z.int().min(1).max(100_000).default(2000).describe('Lines'),
  byte_offset: z.int().min(0).optional(),
  byte_length: z.int().min(1).max(MAX_PIECE).optional(),
  raw: z.boolean().default(false).describe('Text without line numbers'),
})
const ReadOutput = z.strictObject({
  path: z.string(),
  kind: z.enum(['text', 'bytes', 'binary', 'directory']),
  size: z.int(),
  etag: z.string(),
  encoding: z.string().optional(),
  first_line: z.int().optional(),
  lines: z.int().optional(),
  cut_lines: z.int().optional().describe('Of which only the beginning is shown'),
  total_lines: z.int().nullable().optional(),
  next_offset: z.int().nullable(),
  content: z.string().optional().describe('The bytes that were asked for, if they are UTF-8'),
  content_base64: z.string().optional(),
  text,
})
type ReadResult = z.input<typeof ReadOutput>

const StatInput = z.strictObject({ path, recursive })
const StatOutput = z.strictObject({
  path: z.string(),
  kind: z.enum(['file', 'directory', 'link']),
  size: z.int(),
  modified: z.iso.datetime().optional(),
  etag: z.string().describe('Pass it as if_match'),
  cid: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional().describe('Notes that the storage has beside it'),
  mount: z.string().nullable(),
  capabilities: z.array(z.string()),
  cas: z.enum(['native', 'lock', 'weak']),
  versions: z.array(z.strictObject({ change: z.string(), at: z.iso.datetime(), size: z.int() })).describe('The newest of them; vfs_history has all'),
  files: z.int().optional(),
  folders: z.int().optional(),
  bytes: z.int().optional(),
})

const HashInput = z.strictObject({ path, algorithm: z.enum(['sha256', 'sha512', 'sha1', 'md5']).default('sha256') })
const HashOutput = z.strictObject({ path: z.string(), algorithm: z.string(), hash: z.string(), size: z.int(), etag: z.string() })

export class ReadTools {
  readonly #vfs: Vfs
  readonly #lines = new LineIndex()

  constructor({ vfs }: Pick<Services, 'vfs'>) {
    this.#vfs = vfs
  }

  @tool({
    name: 'vfs_read',
    title: 'Read a file',
    description: 'Read lines of a text file with their numbers, an image, a range of bytes, or the listing of a folder; also /ipfs/<cid>/….',
    effect: 'read',
    core: true,
    alwaysLoad: true,
    input: ReadInput,
    output: ReadOutput,
    text: (output) => output.text,
  })
  async read(input: z.output<typeof ReadInput>, context: ToolContext): Promise<ReadResult> {
    const { path: at, byte_offset, byte_length } = input
    const file = await this.#vfs.open(at, callOf(context)).catch(unlessDirectory)
    if (!file) return this.#folder(at, context)
    const about = { path: at, size: file.stat.size, etag: file.stat.etag }
    if (byte_offset !== undefined || byte_length !== undefined) {
      const { next, ...piece } = await pieceOf(at, file, byte_offset ?? 0, byte_length ?? 32 * 1024)
      return { ...about, kind: 'bytes', next_offset: next, ...piece }
    }
    const begun = await begin(at, file)
    if (begun.kind) {
      const { slice, text: lines } = await linesOf({ ...begun, kind: begun.kind }, input, this.#lines)
      const cut = slice.lines.filter(({ cutAt }) => cutAt !== undefined).length
      return {
        ...about,
        kind: 'text',
        encoding: begun.kind.encoding,
        first_line: slice.first,
        lines: slice.lines.length,
        ...(cut > 0 && { cut_lines: cut }),
        total_lines: slice.total,
        next_offset: slice.next,
        text: lines,
      }
    }
    const picture = await pictureOf(begun)
    if (picture.image) context.attach({ type: 'image', ...picture.image })
    return { ...about, kind: 'binary', next_offset: null, text: picture.text }
  }

  async #folder(at: VfsPath, context: ToolContext): Promise<ReadResult> {
    const { etag } = await this.#vfs.stat(at, callOf(context))
    const page = await pageOf(this.#vfs, { path: at, depth: 1, limit: 200, details: true, query: [], accept: () => true, line: folderLine }, context)
    const more = page.next === null ? [] : ['[more: vfs_ls pages through it]']
    return { path: at, kind: 'directory', size: 0, etag, next_offset: null, text: [`${oneLine(at)} is a folder`, ...page.lines, ...more].join('\n') }
  }

  @tool({
    name: 'vfs_stat',
    title: 'Look at a path',
    description: 'Tell kind, size, time, etag, storage and kept versions of a path; recursive counts what lies below.',
    effect: 'read',
    core: true,
    input: StatInput,
    output: StatOutput,
  })
  async stat({ path: at, recursive: deep }: z.output<typeof StatInput>, context: ToolContext): Promise<z.input<typeof StatOutput>> {
    const call = callOf(context)
    const { kind, size, modified, etag, cid, metadata, mount, capabilities } = await this.#vfs.stat(at, call)
    const history = kind === 'file' ? await this.#vfs.history(at, { ...call, limit: 5 }) : []
    const versions = history.flatMap((record) => (record.after ? [{ change: record.change, at: record.at.toISOString(), size: record.after.size }] : []))
    const below = deep && kind === 'directory' ? await this.#below(at, context) : {}
    const cas = capabilities.cas
    return {
      path: at,
      kind,
      size,
      ...(isKnown(modified) && { modified: modified.toISOString() }),
      etag,
      ...(cid !== undefined && { cid }),
      ...(metadata && { metadata: { ...metadata } }),
      mount,
      capabilities: capabilityNames(capabilities),
      cas,
      versions,
      ...below,
    }
  }

  async #below(at: VfsPath, context: ToolContext): Promise<{ files: number; folders: number; bytes: number }> {
    const sum = { files: 0, folders: 0, bytes: 0 }
    await this.#vfs.requireFinite(at, callOf(context))
    for await (const { kind, size = 0 } of this.#vfs.walk(at, { ...callOf(context), ignored: true, details: true })) {
      if (kind === 'directory') sum.folders++
      else sum.files++
      sum.bytes += kind === 'file' ? size : 0
      if (sum.files % 1000 === 0) context.progress(sum.files + sum.folders, undefined, `${sum.files} files`)
    }
    return sum
  }

  @tool({
    name: 'vfs_hash',
    title: 'Hash a file',
    description: 'Compute the hash of the bytes of a file.',
    effect: 'read',
    input: HashInput,
    output: HashOutput,
  })
  async hash({ path: at, algorithm }: z.output<typeof HashInput>, context: ToolContext): Promise<z.input<typeof HashOutput>> {
    const file = await this.#vfs.open(at, callOf(context))
    const hash = createHash(algorithm)
    let done = 0
    for await (const chunk of file.read({ reuse: true })) {
      hash.update(chunk)
      context.progress((done += chunk.length), file.stat.size)
    }
    return { path: at, algorithm, hash: hash.digest('hex'), size: file.stat.size, etag: file.stat.etag }
  }
}

const folderLine = (item: Entry): string => longLine(item, listedAs(item.name, item.kind))

function unlessDirectory(error: unknown): undefined {
  if (!isCode(error, 'IS_DIRECTORY')) throw error
}
