import { expect, test } from 'vitest'
import { z } from 'zod'
import { VfsError } from '../../../src/core/error.ts'
import { tool, type ToolContext } from '../../../src/registry/tool.ts'
import { connectTo, type Era } from '../../support/client.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

const Input = z.object({ word: z.string() })
const Output = z.strictObject({ word: z.string(), length: z.int() })

class Words {
  static readonly toolset = 'words'

  @tool({ name: 'word_measure', title: 'Measure', description: 'Measure a word.', effect: 'read', input: Input, output: Output })
  async measure({ word }: z.output<typeof Input>): Promise<z.input<typeof Output>> {
    if (word === '') throw new VfsError('INVALID_ARGUMENT', 'the word is empty')
    return { word, length: word.length }
  }

  @tool({
    name: 'word_show',
    title: 'Show',
    description: 'Show a word.',
    effect: 'write',
    input: Input,
    output: Output,
    text: ({ word, length }) => `${length}\t${word}`,
  })
  async show({ word }: z.output<typeof Input>): Promise<z.input<typeof Output>> {
    return { word, length: word.length }
  }
}

let waiting = { started: Promise.withResolvers<void>(), aborted: Promise.withResolvers<void>() }

class Waiting {
  static readonly toolset = 'waiting'

  @tool({ name: 'wait_here', title: 'Wait', description: 'Wait until the caller gives up.', effect: 'read', input: z.object({}), output: z.strictObject({}) })
  async wait(_: object, { signal, progress }: ToolContext): Promise<Record<string, never>> {
    progress(1, 2, 'begun')
    waiting.started.resolve()
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    waiting.aborted.resolve()
    return {}
  }
}

const connect = async (era: Era) => connectTo(partsOf(await registryOf({ classes: { Words, Waiting } })), { era })

test.each(['legacy', 'modern'] as const)('a %s client lists and calls tools', async (era) => {
  await using session = await connect(era)
  const { tools } = await session.client.listTools()
  expect(tools.slice(1).map(({ name, annotations }) => [name, annotations])).toEqual([
    ['word_measure', { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }],
    ['word_show', { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false }],
  ])
  expect(tools[2]?.outputSchema).toBeUndefined()
  expect(session.client.getInstructions()).toContain('/work')

  const data = await session.call('word_measure', { word: 'salt' })
  expect(data.raw.structuredContent).toEqual({ status: 'success', word: 'salt', length: 4 })
  expect(JSON.parse(data.text)).toEqual(data.raw.structuredContent)

  const text = await session.call('word_show', { word: 'salt' })
  expect(text.raw.structuredContent).toBeUndefined()
  expect(text.text).toBe('4\tsalt')
  expect(text.result).toEqual({ status: 'success', word: 'salt', length: 4 })
})

test.each(['legacy', 'modern'] as const)('a %s client sees what went wrong and what to do', async (era) => {
  await using session = await connect(era)
  const { ok, text, raw, result } = await session.call('word_measure', { word: '' })
  expect(ok).toBe(false)
  expect(text).toBe('INVALID_ARGUMENT: the word is empty. Correct them as the message says.')
  expect(raw.structuredContent).toBeUndefined()
  expect(raw.content[1]).toEqual({ type: 'text', text: JSON.stringify(result) })
  expect(result).toMatchObject({ status: 'error', error_code: 'INVALID_ARGUMENT' })
  await expect(session.call('word_mesure', { word: '' })).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('word_measure') })
})

test.each(['legacy', 'modern'] as const)('a %s client hears of progress and can give up', async (era) => {
  await using session = await connect(era)
  waiting = { started: Promise.withResolvers(), aborted: Promise.withResolvers() }
  const heard = Promise.withResolvers<object>()
  const gone = new AbortController()
  const call = session.client.callTool({ name: 'wait_here' }, { signal: gone.signal, onprogress: heard.resolve })
  expect(await heard.promise).toMatchObject({ progress: 1, total: 2, message: 'begun' })
  gone.abort()
  await expect(call).rejects.toThrow(/abort/)
  await waiting.aborted.promise
})

test.each(['legacy', 'modern'] as const)('the calls of a %s client that leaves are aborted', async (era) => {
  await using session = await connect(era)
  waiting = { started: Promise.withResolvers(), aborted: Promise.withResolvers() }
  const call = session.client.callTool({ name: 'wait_here' })
  await waiting.started.promise
  await session.client.close()
  await expect(call).rejects.toThrow(/closed/)
  await waiting.aborted.promise
})
