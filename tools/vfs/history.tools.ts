import { z } from 'zod'
import { collect } from '../../src/core/bytes.ts'
import { isCode, VfsError } from '../../src/core/error.ts'
import { oneLine } from '../../src/core/one-line.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { ChangeRecord } from '../../src/journal/types.ts'
import { vfsPathInput } from '../../src/registry/path-input.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { bodyOf } from '../../src/text/body.ts'
import { unifiedDiff } from '../../src/text/diff.ts'
import { formatSize } from '../../src/text/encoding.ts'
import { difference } from '../../src/text/regions.ts'
import type { Undone, UndoQuery, Vfs, VfsCall } from '../../src/vfs/types.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { callOf, changed, changedAt, cursor, ifMatch, parseTime, path, text } from './schemas.ts'

const PAGE = 50
const MAX_COMPARED = 16 * 1024 * 1024
const MAX_DIFF = 30_000
const MAX_TOLD = 100 // of the changes that an undo takes back

const record = z.strictObject({
  change: z.string(),
  at: z.iso.datetime(),
  op: z.string(),
  path: z.string(),
  from: z.string().optional(),
  state: z.string(),
  client: z.string(),
  client_version: z.string().optional(),
  session: z.string().optional(),
  tool: z.string().optional(),
  size_before: z.int().nullable(),
  size_after: z.int().nullable(),
  cid: z.string().optional(),
  undoes: z.string().optional(),
  undone_by: z.string().optional(),
})
const HistoryInput = z.strictObject({ path, cursor })
const HistoryOutput = z.strictObject({ path: z.string(), changes: z.array(record), next_cursor: z.string().nullable(), text })

const version = z.string().min(1)
const DiffInput = z.strictObject({
  path,
  from_version: version.describe('A change id: what it left; with ^ what it replaced'),
  to_version: version.optional().describe('What is there now if absent'),
})
const DiffOutput = z.strictObject({ path: z.string(), from_version: z.string(), to_version: z.string().nullable(), same: z.boolean(), text })

const RestoreInput = z.strictObject({ path, version: version.describe('A change id: what it left'), if_match: ifMatch })

const UndoInput = z.strictObject({
  change: z.string().optional(),
  session: z.string().optional().describe('current: all changes of this session'),
  path: vfsPathInput().optional(),
  since: z.string().optional().describe('With path: ISO time or 10m, 2h'),
  dry_run: z.boolean().default(false),
})
const UndoOutput = z.strictObject({
  change: z.string().nullable().describe('Undo it to redo'),
  undone: z.array(z.strictObject({ change: z.string(), path: z.string(), action: z.string() })),
  undone_more: z.int().optional(),
  note: z.string().optional(),
  conflicts: z.array(z.strictObject({ change: z.string(), path: z.string(), reason: z.string() })),
})

export class HistoryTools {
  readonly #vfs: Vfs

  constructor({ vfs }: Pick<Services, 'vfs'>) {
    this.#vfs = vfs
  }

  @tool({
    name: 'vfs_history',
    title: 'Show the history',
    description: 'Show the changes of a path and what lies below it, the newest first: id, time, size, who.',
    effect: 'read',
    core: true,
    needs: ['journal'],
    input: HistoryInput,
    output: HistoryOutput,
    text: (output) => output.text,
  })
  async history({ path: at, cursor: from }: z.output<typeof HistoryInput>, context: ToolContext): Promise<z.input<typeof HistoryOutput>> {
    const query = ['history', at]
    const before = from === undefined ? undefined : Number(placeOf(from, query))
    const records = await this.#vfs.history(at, { ...callOf(context), before, limit: PAGE + 1 })
    const shown = records.slice(0, PAGE)
    const next = records.length > PAGE ? cursorOf(query, shown.at(-1)?.seq ?? 0) : null
    const more = next === null ? [] : [`[more: cursor=${next}]`]
    const head = shown.length === 0 ? `no changes of ${oneLine(at)} are recorded` : `changes of ${oneLine(at)}, the newest first`
    return { path: at, changes: shown.map(recordOf), next_cursor: next, text: [head, ...shown.map((one) => recordLine(at, one)), ...more].join('\n') }
  }

  @tool({
    name: 'vfs_diff',
    title: 'Compare versions',
    description: 'Compare two versions of a text file, or one with what is there now, as a unified diff.',
    effect: 'read',
    core: true,
    needs: ['journal'],
    input: DiffInput,
    output: DiffOutput,
    text: (output) => output.text,
  })
  async diff({ path: at, from_version, to_version }: z.output<typeof DiffInput>, context: ToolContext): Promise<z.input<typeof DiffOutput>> {
    const call = callOf(context)
    const [before, after] = await Promise.all([this.#content(at, from_version, call), this.#content(at, to_version, call)])
    const [old, now] = [bodyOf(before, at), bodyOf(after, at)]
    const regions = difference(old.bytes, now.bytes)
    const head = `${oneLine(at)}: ${from_version} → ${to_version ?? 'now'}`
    const shown = unifiedDiff({ before: old.bytes, after: now.bytes, regions }, (bytes) => now.show(bytes), MAX_DIFF)
    return { path: at, from_version, to_version: to_version ?? null, same: regions.length === 0, text: `${head}\n${shown || 'no difference'}` }
  }

  /** Nothing, where nothing stands now or stood before the change. */
  async #content(at: VfsPath, id: string | undefined, call: VfsCall): Promise<Uint8Array> {
    try {
      if (id === undefined) return await collect((await this.#vfs.open(at, call)).read(), MAX_COMPARED)
      const replaced = id.endsWith('^')
      return await collect((await this.#vfs.version(at, replaced ? id.slice(0, -1) : id, { ...call, replaced })).read(), MAX_COMPARED)
    } catch (error) {
      if (id === undefined && isCode(error, 'NOT_FOUND')) return new Uint8Array()
      throw error
    }
  }

  @tool({
    name: 'vfs_restore',
    title: 'Restore a version',
    description: 'Restore an earlier version of a file; what is there now is kept.',
    effect: 'write',
    core: true,
    needs: ['journal'],
    input: RestoreInput,
    output: changed,
  })
  async restore({ path: at, version: id, if_match }: z.output<typeof RestoreInput>, context: ToolContext): Promise<z.input<typeof changed>> {
    return changedAt(at, await this.#vfs.restore(at, id, { ...callOf(context), ifMatch: if_match, onProgress: context.progress }))
  }

  @tool({
    name: 'vfs_undo',
    title: 'Undo changes',
    description: 'Undo a change, a whole session, or what changed at a path since a time; refused if others have changed it after.',
    effect: 'write',
    core: true,
    alwaysLoad: true,
    needs: ['journal'],
    input: UndoInput,
    output: UndoOutput,
  })
  async undo(input: z.output<typeof UndoInput>, context: ToolContext): Promise<z.input<typeof UndoOutput>> {
    const { change, undone, conflicts } = await this.#vfs.undo(undoQuery(input), {
      ...callOf(context),
      onProgress: (done) => context.progress(done, undefined, `${done} taken back`),
    })
    if (conflicts.length > 0 && !input.dry_run) throw conflictOf(conflicts)
    const more = undone.length - MAX_TOLD
    return {
      change,
      undone: undone.slice(0, MAX_TOLD).map((one) => ({ ...one })),
      ...(more > 0 && { undone_more: more }),
      ...(undone.length + conflicts.length === 0 && { note: nothingOf(input) }),
      conflicts: conflicts.slice(0, MAX_TOLD).map((one) => ({ ...one })),
    }
  }
}

function undoQuery({ change, session, path: at, since, dry_run }: z.output<typeof UndoInput>): UndoQuery {
  const ways = [change, session, at].filter((way) => way !== undefined)
  if (ways.length !== 1 || (at === undefined) !== (since === undefined))
    throw new VfsError('INVALID_ARGUMENT', 'give one of change, session, or path with since')
  return { change, session, path: at, since: since === undefined ? undefined : parseTime('since', since), dryRun: dry_run }
}

function nothingOf({ session, path: at, since }: z.output<typeof UndoInput>): string {
  const what = session === undefined ? `at ${at} since ${since}` : session === 'current' ? 'by this session' : `by session ${session}`
  return `nothing was changed ${what} that is not undone already`
}

const MAX_SHOWN = 20

function conflictOf(conflicts: Undone['conflicts']): VfsError {
  const shown = conflicts.slice(0, MAX_SHOWN).map(({ path: at, change, reason }) => `\n${oneLine(at)} (${change}): ${reason}`)
  const more = conflicts.length > MAX_SHOWN ? '\nand more' : ''
  return new VfsError('CONFLICT', 'nothing was undone: what it would touch has changed since', {
    op: 'undo',
    hint: `Undo the later changes first, or restore one file with vfs_restore:${shown.join('')}${more}`,
    details: { conflicts: conflicts.slice(0, MAX_SHOWN) },
  })
}

function recordOf(one: ChangeRecord): z.input<typeof record> {
  return {
    change: one.change,
    at: one.at.toISOString(),
    op: one.kind,
    path: one.place.shown,
    state: one.state,
    ...actorOf(one),
    size_before: one.before?.size ?? null,
    size_after: one.after?.size ?? null,
    ...(one.from && { from: one.from.shown }),
    ...(one.after?.cid !== undefined && { cid: one.after.cid }),
    ...(one.undoes !== null && { undoes: one.undoes }),
    ...(one.undoneBy !== null && { undone_by: one.undoneBy }),
  }
}

function actorOf({ actor }: ChangeRecord): Pick<z.input<typeof record>, 'client' | 'client_version' | 'session' | 'tool'> {
  const { client, clientVersion, session, tool: by } = actor
  return {
    client,
    ...(clientVersion !== undefined && { client_version: clientVersion }),
    ...(session !== undefined && { session }),
    ...(by !== undefined && { tool: by }),
  }
}

function recordLine(at: VfsPath, one: ChangeRecord): string {
  const there = one.place.shown === at ? [] : [oneLine(one.place.shown)]
  const from = one.from ? [`from ${oneLine(one.from.shown)}`] : []
  const { client, tool: used, session } = one.actor
  const by = `by ${[client, used, session && `in ${session}`].filter(Boolean).join(' ')}`
  const notes = [STATES[one.state] ?? one.state, one.undoes && `undoes ${one.undoes}`, one.undoneBy && `undone by ${one.undoneBy}`].filter(Boolean)
  const told = notes.length > 0 ? [`[${notes.join(', ')}]`] : []
  return [one.change, `${one.at.toISOString().slice(0, 19)}Z`, one.kind, ...there, ...from, ...whatOf(one), by, ...told].join('  ')
}

/** States that are told in other words. */
const STATES: Partial<Record<ChangeRecord['state'], string>> = { done: '', aborting: 'being taken back' }

/** A change that consists of its parts has no size of its own. */
function whatOf({ partsOnly, before, after }: ChangeRecord): string[] {
  if (partsOnly) return []
  return before?.kind === 'directory' || after?.kind === 'directory' ? ['folder'] : [`${sizeOf(before)} → ${sizeOf(after)}`]
}

const sizeOf = (there: ChangeRecord['before']): string => (there ? formatSize(there.size) : 'nothing')
