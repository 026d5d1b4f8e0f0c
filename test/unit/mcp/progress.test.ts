import type { ServerContext } from '@modelcontextprotocol/server'
import { afterEach, expect, test, vi } from 'vitest'
import { progressOf } from '../../../src/mcp/progress.ts'

afterEach(() => void vi.useRealTimers())

function context(progressToken?: string): { readonly ctx: ServerContext; readonly sent: unknown[] } {
  const sent: unknown[] = []
  const notify = async ({ params }: { params?: unknown }): Promise<void> => void sent.push(params)
  return { ctx: { mcpReq: { _meta: { progressToken }, notify } } as unknown as ServerContext, sent }
}

test('progress rises strictly and comes at most ten times a second', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const { ctx, sent } = context('token')
  const progress = progressOf(ctx)
  for (const [wait, done] of [
    [0, 1],
    [200, 1],
    [0, 0.5],
    [0, 2],
    [50, 3],
    [50, 4],
    [200, 3],
  ] as const) {
    vi.advanceTimersByTime(wait)
    progress?.(done, 9, 'files')
  }
  expect(sent).toEqual([1, 2, 4].map((done) => ({ progressToken: 'token', progress: done, total: 9, message: 'files' })))
})

test('nobody asked, nobody is told', () => {
  expect(progressOf(context().ctx)).toBeUndefined()
})
