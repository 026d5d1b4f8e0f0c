import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { CODES } from '../../../src/core/codes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { applyEdits } from '../../../src/text/edit.ts'
import { type EditCase, EDITS } from './edit.table.ts'

describe('an edit', () => {
  test('is tested in a hundred situations', () => expect(EDITS.length).toBeGreaterThanOrEqual(100))

  test.each(EDITS)('$title', (situation) => {
    expect(outcomeOf(situation)).toEqual(expected(situation))
  })
})

const expected = ({ gives, forgiven = [], replaced = 1 }: EditCase): unknown =>
  typeof gives === 'string' || gives instanceof Uint8Array ? { file: told(gives), forgiven, replaced } : gives

function outcomeOf({ file, edits }: EditCase): unknown {
  const steps = edits.map(([oldText, newText, all]) => ({ oldText, newText, all: all === 'all' }))
  try {
    const { content, forgiven, replaced } = applyEdits(bytesOf(file), steps, '/f')
    return { file: told(content), forgiven, replaced }
  } catch (error) {
    if (error instanceof VfsError) return [error.code, said(error)]
    throw error
  }
}

/** With the hint, where it is more than the code's own. */
function said({ code, message, hint }: VfsError): string {
  if (hint === CODES[code].hint) return message
  return `${message}${message.endsWith('.') ? '' : '.'} ${hint}`
}

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? Buffer.from(text) : text)

/** Each byte as a character; a large content by its hash. */
function told(content: string | Uint8Array): string {
  const bytes = Buffer.from(bytesOf(content))
  return bytes.length < 2000 ? bytes.toString('latin1') : createHash('sha256').update(bytes).digest('hex')
}
