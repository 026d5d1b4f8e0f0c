import { z } from 'zod'
import type { Capabilities } from '../../src/core/backend.ts'
import { durationOf } from '../../src/core/duration.ts'
import { VfsError } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { vfsPathInput } from '../../src/registry/path-input.ts'
import { shown } from '../../src/registry/shown.ts'
import type { ToolContext } from '../../src/registry/tool.ts'
import type { Changed, VfsCall } from '../../src/vfs/types.ts'

export const path = vfsPathInput()
export const ifMatch = z.string().optional().describe('etag that must stand there now')
export const cursor = z.string().optional()
export const recursive = z.boolean().default(false)

/** What a model reads of a text-first result. */
export const text = shown(z.string())

export const entry = z.strictObject({
  name: z.string(),
  path: z.string(),
  kind: z.enum(['file', 'directory', 'link']),
  size: z.int().optional(),
  modified: z.iso.datetime().optional(),
  etag: z.string().optional(),
  cid: z.string().optional(),
})

export const changed = z.strictObject({
  path: z.string(),
  change: z.string().nullable().describe('Pass it to vfs_undo; null if nothing had to be done'),
  size: z.int().optional(),
  etag: z.string().optional(),
  cid: z.string().optional(),
  bytes: z.int(),
  links_left_out: z.int().optional(),
  cas: z.enum(['native', 'lock', 'weak']),
})

export function changedAt(at: VfsPath, { change, stat, bytes, linksLeftOut, cas }: Changed): z.input<typeof changed> {
  const there = stat && { ...(stat.kind === 'file' && { size: stat.size }), etag: stat.etag, ...(stat.cid !== undefined && { cid: stat.cid }) }
  return { path: at, change, bytes, ...(linksLeftOut && { links_left_out: linksLeftOut }), cas, ...there }
}

export const callOf = ({ actor, signal }: ToolContext): VfsCall => ({ actor, signal })

/** The names of what a storage can do; how it guards changes is told apart. */
export const capabilityNames = (capabilities: Capabilities): string[] => Object.entries(capabilities).flatMap(([name, value]) => (value === true ? [name] : []))

const isoTime = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })])
/** It is of UTC then, as all times are that we tell. */
const ZONELESS = /T(?!.*(Z|[+-]\d\d:\d\d)$)/

/**
 * `2026-11-21`, `2026-11-21T07:52:08Z`, or so long ago: `30s`, `10m`, `2h`, `7d`, `4w`. Rejects INVALID_ARGUMENT, since `Date` itself
 * makes a year of `5` and of `Nov 21`, and an undo would go back to it.
 */
export function parseTime(field: string, value: string): Date {
  const ago = durationOf(value)
  if (ago !== undefined) return new Date(Date.now() - ago)
  const time = value.trim().replace(' ', 'T')
  if (isoTime.safeParse(time).success) return new Date(ZONELESS.test(time) ? `${time}Z` : time)
  throw new VfsError('INVALID_ARGUMENT', `${field}: ${JSON.stringify(value.slice(0, 50))} is no time`, {
    hint: 'Send an ISO 8601 time such as 2026-11-21T07:52:08Z, or how long ago: 10m, 2h, 7d.',
  })
}
