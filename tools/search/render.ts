import type { z } from 'zod'
import { oneLine } from '../../src/core/one-line.ts'
import { grouped } from '../../src/text/number.ts'
import type { SearchOutput } from './output.ts'

type Output = z.output<typeof SearchOutput>
type Match = Output['matches'][number]

/** What a model reads: `path:line: text` for hits, `path-line- text` for lines around them, and last what was not searched and how to go on. */
export function renderPage(output: Output): string {
  return [...output.matches.flatMap((match, at) => [...gap(output.matches[at - 1], match), renderMatch(match)]), `[${notes(output).join('; ')}]`].join('\n')
}

function renderMatch({ kind, path, line = 0, text = '', count: hits = 0 }: Match): string {
  if (kind === 'file') return oneLine(path)
  if (kind === 'count') return `${oneLine(path)}: ${hits}`
  const mark = kind === 'hit' ? ':' : '-'
  return `${oneLine(path)}${mark}${line}${mark} ${text}`
}

/** Between lines that do not follow each other, where lines around hits are shown. */
function gap(before: Match | undefined, match: Match): string[] {
  if (before === undefined || (before.kind !== 'context' && match.kind !== 'context')) return []
  return before.path === match.path && before.line !== undefined && before.line + 1 === match.line ? [] : ['--']
}

const notes = (output: Output): string[] => [found(output), ...searched(output), ...skipped(output.skipped), ...changed(output), ...more(output)]

function found({ matches }: Output): string {
  const hits = matches.filter((match) => match.kind !== 'context')
  if (hits.length === 0) return 'no match'
  const files = new Set(hits.map(({ path }) => path)).size
  return hits[0]?.kind !== 'hit' ? plural(files, 'file') : `${plural(hits.length, 'hit')} in ${plural(files, 'file')}`
}

function searched({ files_searched, files_left, stopped }: Output): string[] {
  if (files_left === null) return [`searched ${plural(files_searched, 'file')}${stopped === 'time' ? ' before the time was up; narrow path or glob' : ''}`]
  return [`searched ${grouped(files_searched)} of ${grouped(files_searched + files_left)} files of a remote storage; narrow path or glob`]
}

function skipped({ binary, ignored, unreadable, long_line }: Output['skipped']): string[] {
  return [
    ...(ignored > 0 ? [`${grouped(ignored)} ignored ${ignored === 1 ? 'entry' : 'entries'} skipped, ignored=true includes them`] : []),
    ...(binary > 0 ? [`${plural(binary, 'binary file')} skipped`] : []),
    ...(unreadable > 0 ? [`${grouped(unreadable)} could not be read`] : []),
    ...(long_line > 0 ? [`${plural(long_line, 'file')} searched only up to a line over 16 MiB`] : []),
  ]
}

const changed = (output: Output): string[] =>
  output.changed === null ? [] : [`${oneLine(output.changed)} has changed since the last page: look at its lines again`]

const more = ({ next_cursor }: Output): string[] => (next_cursor === null ? [] : [`more: cursor=${next_cursor}`])

const plural = (value: number, noun: string): string => `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`
