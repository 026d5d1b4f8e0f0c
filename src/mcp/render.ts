import type { CallToolResult } from '@modelcontextprotocol/server'
import type { Failure, Outcome } from '../registry/envelope.ts'
import { escapeUnseen } from '../core/one-line.ts'
import { shownFields } from '../registry/shown.ts'
import { cut, cutLines } from './cut.ts'

/** Where a program finds the envelope of every result, whatever the host shows of the rest. */
export const RESULT_KEY = 'polymount/result'

const MAX_TEXT = 40_000
const MAX_LINE = 2_000
const MAX_ERROR = 8_000

type Succeeded = Extract<Outcome, { ok: true }>

/**
 * An outcome as MCP carries it. Hosts differ in what a model sees: only the structured content, only the text, or both; so each
 * kind of result is whole in either.
 */
export const render = (outcome: Outcome): CallToolResult => (outcome.ok ? renderSuccess(outcome) : renderFailure(outcome.envelope))

function renderSuccess({ tool, envelope, text, attachments }: Succeeded): CallToolResult {
  const images = attachments.map(({ data, mimeType }) => ({ type: 'image' as const, data, mimeType }))
  if (text === undefined) return { content: [{ type: 'text', text: JSON.stringify(envelope) }, ...images], structuredContent: envelope }
  const seen = shownFields(tool.output)
  const unseen = Object.fromEntries(Object.entries(envelope).filter(([key]) => !seen.has(key)))
  return { content: [{ type: 'text', text: cut(cutLines(text, MAX_LINE), MAX_TEXT) }, ...images], _meta: { [RESULT_KEY]: unseen } }
}

/** Never in structuredContent: older clients check that against the output schema even when it is an error. */
function renderFailure(failure: Failure): CallToolResult {
  const said = cut(sentence(failure), MAX_ERROR / 2)
  const envelope = bounded(failure, MAX_ERROR - said.length)
  return {
    isError: true,
    content: [
      { type: 'text', text: said },
      { type: 'text', text: JSON.stringify(envelope) },
    ],
    _meta: { [RESULT_KEY]: envelope },
  }
}

/** What happened and what to do now, for a model that reads nothing else. */
function sentence({ error_code, error, context: { hint } }: Failure): string {
  return `${error_code}: ${escapeUnseen(error)}${/[.!?]$/.test(error) ? '' : '.'} ${hint}`
}

/** First the facts go, then the words get shorter until the JSON fits, however much its escapes take. */
function bounded(failure: Failure, limit: number): Failure {
  const { tool, category, severity, retryable, hint } = failure.context
  let found = failure
  for (let room = limit / 4; JSON.stringify(found).length > limit; room /= 2)
    found = { ...failure, error: cut(failure.error, room), context: { tool, category, severity, retryable, hint: cut(hint, room) } }
  return found
}
