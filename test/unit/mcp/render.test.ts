import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { VfsError } from '../../../src/core/error.ts'
import { cut, cutLines } from '../../../src/mcp/cut.ts'
import { render } from '../../../src/mcp/render.ts'
import { failure, type Outcome } from '../../../src/registry/envelope.ts'
import { shown } from '../../../src/registry/shown.ts'

const output = z.strictObject({ content: shown(z.string()), etag: z.string() })
const succeeded = (text: string | undefined): Outcome => ({
  ok: true,
  tool: { name: 't_read', title: 'T', description: 'Read.', effect: 'read', input: z.object({}), output, method: 'm', toolset: 't', file: 'f', instance: {} },
  envelope: { status: 'success', content: 'the content', etag: 'k3x9' },
  attachments: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }],
  text,
})
const failed = (error: VfsError): Outcome => ({ ok: false, envelope: failure('t_read', error) })
const texts = (outcome: Outcome): string[] => render(outcome).content.flatMap((block) => (block.type === 'text' ? [block.text] : []))

test('a text-first result is text, images, and the envelope without what the text shows', () => {
  expect(render(succeeded('1\tthe content'))).toEqual({
    content: [
      { type: 'text', text: '1\tthe content' },
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    ],
    _meta: { 'polymount/result': { status: 'success', etag: 'k3x9' } },
  })
})

test('a data result is structured, and the same as text', () => {
  const { content, structuredContent } = render(succeeded(undefined))
  expect(structuredContent).toEqual({ status: 'success', content: 'the content', etag: 'k3x9' })
  expect(content[0]).toEqual({ type: 'text', text: JSON.stringify(structuredContent) })
})

test('a text of a model’s size stays as it is; a larger one is cut between lines and says so', () => {
  const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}`).join('\n')
  const [text = ''] = texts(succeeded(lines))
  expect(text.length).toBeLessThanOrEqual(40_000)
  expect(text.split('\n').at(-2)).toMatch(/^line \d+$/)
  expect(text.split('\n').at(-1)).toMatch(/^\[cut: 48889 characters in all/)
  expect(texts(succeeded('short'))).toEqual(['short'])
})

test('a failure says what to do now, and then the same for programs', () => {
  const error = new VfsError('CONFLICT', '/p changed since you read it (k3x9 → p0q2)', { path: '/p', hint: 'Read lines 40-80 again, then repeat.' })
  const { isError, content, structuredContent, _meta } = render(failed(error))
  expect({ isError, structuredContent }).toEqual({ isError: true, structuredContent: undefined })
  expect(content[0]).toEqual({
    type: 'text',
    text: 'CONFLICT: /p changed since you read it (k3x9 → p0q2). Read lines 40-80 again, then repeat.',
  })
  expect(content[1]).toEqual({ type: 'text', text: JSON.stringify(_meta?.['polymount/result']) })
})

test('a failure is at most 8,000 characters, whatever it carries, and its JSON stays whole', () => {
  const any = fc.record({
    message: fc.string({ maxLength: 20_000, unit: 'binary' }),
    hint: fc.string({ maxLength: 9_000, unit: fc.constantFrom('\u0001', 'a') }),
    facts: fc.array(fc.string({ minLength: 100 }), { maxLength: 200 }),
  })
  fc.assert(
    fc.property(any, ({ message, hint, facts }) => {
      const [said = '', json = ''] = texts(failed(new VfsError('NO_MATCH', message, { hint, details: { facts } })))
      expect(said.length + json.length).toBeLessThanOrEqual(8_000)
      expect(JSON.parse(json)).toMatchObject({ status: 'error', error_code: 'NO_MATCH', context: { tool: 't_read' } })
    }),
    { numRuns: 200 },
  )
})

test('cutting keeps to its limit and splits no character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 80, max: 200 }), (text, limit) => {
      expect(cut(text, limit).length).toBeLessThanOrEqual(limit)
      expect(cut(text, limit).isWellFormed()).toBe(true)
      for (const line of cutLines(text, limit).split('\n')) expect(line.length).toBeLessThanOrEqual(limit)
      expect(cutLines(text, limit).isWellFormed()).toBe(true)
    }),
  )
})
