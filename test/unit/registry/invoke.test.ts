import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPathInput } from '../../../src/registry/path-input.ts'
import { tool, type ToolContext } from '../../../src/registry/tool.ts'
import { registryOf } from '../../support/toolset.ts'

const EchoInput = z.object({
  path: vfsPathInput('Where').optional(),
  count: z.int().min(1).max(9).default(1),
  flag: z.boolean().optional(),
  names: z.array(z.string()).optional(),
  edits: z.array(z.object({ old_string: z.string(), new_string: z.string() })).optional(),
})
const EchoOutput = z.strictObject({ got: z.record(z.string(), z.unknown()), client: z.string(), tool: z.string().optional() })
const Nothing = z.object({})

class Echo {
  static readonly toolset = 'echo'

  @tool({ name: 'echo_input', title: 'Echo', description: 'Return the input as it was parsed.', effect: 'read', input: EchoInput, output: EchoOutput })
  async echo(input: z.output<typeof EchoInput>, { actor }: ToolContext): Promise<z.input<typeof EchoOutput>> {
    return { got: input, client: actor.client, tool: actor.tool }
  }

  @tool({ name: 'echo_failure', title: 'Fail', description: 'Run into a failure.', effect: 'write', input: z.object({ how: z.string() }), output: Nothing })
  async fail({ how }: { how: string }): Promise<Record<string, never>> {
    if (how === 'known') throw new VfsError('CONFLICT', 'it changed', { path: '/work/a', details: { expected: 'k3' } })
    throw new Error(`ENOENT /etc/secret ${how}`)
  }

  @tool({
    name: 'echo_broken',
    title: 'Break',
    description: 'Return what the schema forbids.',
    effect: 'read',
    input: Nothing,
    output: z.strictObject({ a: z.string() }),
  })
  async broken(): Promise<{ a: string }> {
    return JSON.parse('{"a": 5}') as { a: string }
  }

  @tool({ name: 'echo_needy', title: 'Need', description: 'Ask for IPFS.', effect: 'read', needs: ['ipfs'], input: Nothing, output: Nothing })
  async needy(): Promise<Record<string, never>> {
    return {}
  }

  @tool({ name: 'echo_wait', title: 'Wait', description: 'Wait for the end of the call.', effect: 'read', input: Nothing, output: Nothing })
  async wait(_: object, { signal }: ToolContext): Promise<Record<string, never>> {
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('socket closed'))))
    return {}
  }
}

const call = { actor: { client: 'me' }, signal: new AbortController().signal }
const invoke = async (name: string, args: unknown) => (await registryOf({ classes: { Echo } })).invoke(name, args, call)
const got = async (args: unknown) => {
  const { envelope } = await invoke('echo_input', args)
  return envelope.status === 'success' ? envelope['got'] : envelope
}

test('the method gets the parsed input and who calls', async () => {
  expect(await invoke('echo_input', { count: 2 })).toMatchObject({
    ok: true,
    envelope: { status: 'success', got: { count: 2 }, client: 'me', tool: 'echo_input' },
  })
})

test.each([
  ['numbers and booleans as strings', { count: ' 3 ', flag: 'true' }, { count: 3, flag: true }],
  ['arrays as JSON strings', { names: '["a","b"]' }, { count: 1, names: ['a', 'b'] }],
  ['one string for a list', { names: 'a' }, { count: 1, names: ['a'] }],
  ['objects as JSON strings in lists', { edits: '[{"oldText":"x","newText":"y"}]' }, { count: 1, edits: [{ old_string: 'x', new_string: 'y' }] }],
  ['all arguments as one JSON string', '{"count":4}', { count: 4 }],
  ['null as absent', { count: null, flag: null }, { count: 1 }],
  ['no arguments', undefined, { count: 1 }],
  ['file_path', { file_path: '/work/a' }, { count: 1, path: '/work/a' }],
  ['filePath', { filePath: '/work/a' }, { count: 1, path: '/work/a' }],
  ['a relative path', { file: 'src/a.ts' }, { count: 1, path: '/work/src/a.ts' }],
  ['./ and a trailing slash', { path: './src/' }, { count: 1, path: '/work/src' }],
  ['file://', { path: 'file:///work/a%20b' }, { count: 1, path: '/work/a b' }],
  ['~', { path: '~/x' }, { count: 1, path: '/home/me/x' }],
  ['// and .. inside the mount', { path: '//work//a/../b' }, { count: 1, path: '/work/b' }],
])('accepts %s', async (_, args, expected) => {
  expect(await got(args)).toEqual(expected)
})

test.each([
  ['an unknown argument', { cuont: 3 }, { error_code: 'UNKNOWN_ARGUMENT', error: expect.stringContaining('"count"') }],
  ['an argument given twice', { path: '/work/a', file_path: '/work/b' }, { error_code: 'UNKNOWN_ARGUMENT' }],
  ['a broken rule', { count: 10 }, { error_code: 'INVALID_INPUT', error: expect.stringMatching(/^count: .*9/) }],
  ['a wrong type', { edits: [{ old_string: 1, new_string: '' }] }, { error_code: 'INVALID_INPUT', error: expect.stringContaining('edits.0.old_string') }],
  [
    'a missing field',
    { edits: [{ old_string: 'a' }] },
    { error_code: 'INVALID_INPUT', error: expect.stringContaining('edits.0.new_string: expected string, but it is missing') },
  ],
  ['.. out of its mount', { path: '/work/../etc/passwd' }, { error_code: 'INVALID_PATH' }],
  ['.. above the root', { path: '../../..' }, { error_code: 'INVALID_PATH' }],
  ['a NUL', { path: '/work/\0' }, { error_code: 'INVALID_PATH' }],
  ['no object', '[1', { error_code: 'INVALID_INPUT', error: expect.stringContaining('arguments') }],
  ['prototype tricks', JSON.parse('{"__proto__":{"count":2}}'), { error_code: 'UNKNOWN_ARGUMENT' }],
])('names field and rule for %s', async (_, args, expected) => {
  expect(await got(args)).toMatchObject(expected)
})

test('an error of the VFS keeps its code, path and facts', async () => {
  expect((await invoke('echo_failure', { how: 'known' })).envelope).toEqual({
    status: 'error',
    error: 'it changed',
    error_code: 'CONFLICT',
    context: {
      tool: 'echo_failure',
      path: '/work/a',
      category: 'conflict',
      severity: 'medium',
      retryable: false,
      hint: 'Read it again and repeat the change on what is there now.',
      expected: 'k3',
    },
  })
})

test('any other error becomes INTERNAL: its words go to the log and to nobody else', async () => {
  const logged: unknown[] = []
  const registry = await registryOf({ classes: { Echo }, log: (message, error) => logged.push(message, error) })
  for (const [name, args] of [['echo_failure', { how: 'x' }] as const, ['echo_broken', {}] as const]) {
    const { envelope } = await registry.invoke(name, args, call)
    expect(envelope).toMatchObject({ status: 'error', error_code: 'INTERNAL' })
    expect(JSON.stringify(envelope)).not.toMatch(/ENOENT|secret|zod|at .*\.ts/i)
  }
  expect(String(logged[1])).toContain('ENOENT')
})

test('a tool that exists nowhere is named with its nearest', async () => {
  expect((await invoke('echo_inptu', {})).envelope).toMatchObject({ error_code: 'UNKNOWN_TOOL', error: expect.stringContaining('echo_input') })
})

test('a tool whose service is absent says what to do', async () => {
  const why = new VfsError('SERVICE_UNAVAILABLE', 'kubo has failed', { retryable: false, hint: 'A person restarts it.' })
  const registry = await registryOf({ classes: { Echo }, absent: () => why })
  expect((await registry.invoke('echo_needy', {}, call)).envelope).toMatchObject({
    error_code: 'SERVICE_UNAVAILABLE',
    error: 'echo_needy needs ipfs: kubo has failed',
    context: { retryable: false, hint: 'A person restarts it.' },
  })
})

test('a call that its caller gave up is CANCELLED, whatever it failed with', async () => {
  const registry = await registryOf({ classes: { Echo } })
  const gone = new AbortController()
  const outcome = registry.invoke('echo_wait', {}, { ...call, signal: gone.signal })
  void setImmediate().then(() => gone.abort())
  expect((await outcome).envelope).toMatchObject({ error_code: 'CANCELLED' })
})

test('statistics count calls, errors by code, and latency', async () => {
  const registry = await registryOf({ classes: { Echo } })
  await registry.invoke('echo_input', {}, call)
  await registry.invoke('echo_input', { count: 0 }, call)
  await registry.invoke('echo_broken', {}, call)
  expect(registry.statistics()).toEqual([
    expect.objectContaining({ tool: 'echo_broken', calls: 1, errors: { INTERNAL: 1 } }),
    {
      tool: 'echo_input',
      calls: 2,
      errors: { INVALID_INPUT: 1 },
      latency_ms: { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
    },
  ])
})

test('a registry is not closed while a call runs', async () => {
  const registry = await registryOf({ classes: { Echo } })
  const gone = new AbortController()
  const outcome = registry.invoke('echo_wait', {}, { ...call, signal: gone.signal })
  const closed = registry[Symbol.asyncDispose]().then(() => 'closed')
  expect(await Promise.race([closed, setImmediate('still open')])).toBe('still open')
  gone.abort()
  expect([await closed, (await outcome).ok]).toEqual(['closed', false])
})
