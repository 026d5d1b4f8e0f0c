import { afterEach, expect, test, vi } from 'vitest'
import { EventBus } from '../../../src/core/events.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { announce } from '../../../src/mcp/announce.ts'

afterEach(() => void vi.useRealTimers())

function listen() {
  const events = new EventBus()
  const told: unknown[] = []
  const stop = announce(events, {
    tools: () => told.push('tools'),
    resources: () => told.push('resources'),
    updated: (paths) => told.push([...paths]),
    heard: (topics) => told.push(...topics),
  })
  const change = (path: string) => events.emit('changed', { path: vfsPath(path), change: 'c1', op: 'write' })
  return { events, told, stop, change }
}

test('changes close together are told once', () => {
  vi.useFakeTimers()
  const { told, change } = listen()
  for (const path of ['/a', '/b', '/a']) change(path)
  expect(told).toEqual([])
  vi.advanceTimersByTime(50)
  change('/c')
  vi.advanceTimersByTime(50)
  expect(told).toEqual([['/a', '/b'], ['/c']])
})

test('the inventory and the mounts are told at once, and after the end nothing is', () => {
  vi.useFakeTimers()
  const { events, told, stop, change } = listen()
  events.emit('tools')
  events.emit('mounts', { path: vfsPath('/m'), mounted: true })
  change('/late')
  stop()
  events.emit('tools')
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['tools', 'resources'])
})
