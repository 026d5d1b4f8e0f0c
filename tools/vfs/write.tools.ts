import { z } from 'zod'
import { collect } from '../../src/core/bytes.ts'
import { VfsError } from '../../src/core/error.ts'
import { oneLine } from '../../src/core/one-line.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { unifiedDiff } from '../../src/text/diff.ts'
import { applyEdits, type Edit, type Edited, MAX_EDITED } from '../../src/text/edit.ts'
import { formatSize } from '../../src/text/encoding.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { contentFields, contentOf } from '../content.ts'
import { callOf, changed, changedAt, ifMatch, path, text } from './schemas.ts'

const MAX_DIFF = 4000

const WriteInput = z.strictObject({
  path,
  ...contentFields,
  if_match: ifMatch,
  if_none_match: z.literal('*').optional().describe('"*": only if nothing stands there'),
  append: z.boolean().default(false),
  create_parents: z.boolean().default(true),
})

const edit = z.strictObject({ old_string: z.string(), new_string: z.string(), replace_all: z.boolean().default(false) })
const EditInput = z.strictObject({
  path,
  old_string: z.string().optional().describe('Exactly as in the file, and only once there'),
  new_string: z.string().optional(),
  replace_all: z.boolean().default(false),
  edits: z.array(edit).min(1).max(100).optional().describe('Several, one after the other, all or none'),
  if_match: ifMatch,
})
const EditOutput = z.strictObject({
  ...changed.shape,
  replaced: z.int(),
  forgiven: z.array(z.string()),
  text,
})

export class WriteTools {
  readonly #vfs: Vfs

  constructor({ vfs }: Pick<Services, 'vfs'>) {
    this.#vfs = vfs
  }

  @tool({
    name: 'vfs_write',
    title: 'Write a file',
    description: 'Write a whole file, or append to it, from one of content, content_base64 and from (a path); what it replaces is kept.',
    effect: 'write',
    core: true,
    alwaysLoad: true,
    input: WriteInput,
    output: changed,
  })
  async write(input: z.output<typeof WriteInput>, context: ToolContext): Promise<z.input<typeof changed>> {
    const call = callOf(context)
    const content = await contentOf(input, this.#vfs, { ...call, progress: context.progress })
    const { path: at, if_match, if_none_match, append, create_parents } = input
    return changedAt(at, await this.#vfs.write(at, content, { ...call, ifMatch: if_match, ifNoneMatch: if_none_match, append, parents: create_parents }))
  }

  @tool({
    name: 'vfs_edit',
    title: 'Edit a file',
    description: 'Replace text in a file and show the diff; all else in the file stays byte for byte.',
    effect: 'write',
    core: true,
    alwaysLoad: true,
    input: EditInput,
    output: EditOutput,
    text: (output) => output.text,
  })
  async edit(input: z.output<typeof EditInput>, context: ToolContext): Promise<z.input<typeof EditOutput>> {
    const { path: at, if_match } = input
    const call = callOf(context)
    const edits = editsOf(input)
    const file = await this.#vfs.open(at, { ...call, toChange: { ifMatch: if_match } })
    if (file.stat.size > MAX_EDITED) throw tooLarge(at, file.stat.size)
    const edited = applyEdits(await collect(file.read(), MAX_EDITED), edits, at)
    // The edit was made of what was read, so that alone may be replaced.
    const result = changedAt(at, await this.#vfs.write(at, edited.content, { ...call, ifMatch: file.stat.etag }))
    return { ...result, replaced: edited.replaced, forgiven: [...edited.forgiven], text: report(edited, result) }
  }
}

const tooLarge = (at: VfsPath, size: number): VfsError =>
  new VfsError('FILE_TOO_LARGE', `${at} has ${formatSize(size)}, and an edit takes at most ${formatSize(MAX_EDITED)}`, {
    path: at,
    hint: 'Write it anew with vfs_write, from another file, or append to it.',
  })

function editsOf({ old_string, new_string, replace_all, edits }: z.output<typeof EditInput>): Edit[] {
  const single = old_string !== undefined && new_string !== undefined ? [{ old_string, new_string, replace_all }] : []
  const partial = (old_string === undefined) !== (new_string === undefined)
  if (partial || single.length + (edits ? 1 : 0) !== 1) throw new VfsError('INVALID_ARGUMENT', 'give either old_string and new_string, or edits')
  return (edits ?? single).map((one) => ({ oldText: one.old_string, newText: one.new_string, all: one.replace_all }))
}

function report({ before, after, regions, replaced, forgiven }: Edited, { path: at, size = 0, etag, change }: z.input<typeof changed>): string {
  const times = replaced === 1 ? '' : ` in ${replaced} places`
  const how = forgiven.length === 0 ? '' : `\nThe text was found after forgiving ${forgiven.join(' and ')}.`
  const diff = unifiedDiff({ before: before.bytes, after, regions }, (bytes) => before.show(bytes), MAX_DIFF)
  return `${oneLine(at)} edited${times} · ${formatSize(size)} · etag ${etag} · change ${change} (undo: vfs_undo change=${change})${how}\n${diff}`
}
