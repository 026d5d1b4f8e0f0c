import assert from 'node:assert/strict'
import { join } from 'node:path'
import { lineAt, MIDDLE, writeGibibyte } from './material.ts'
import type { Stage } from './stage.ts'

/** What an agent does before it changes anything. */
export async function looking(stage: Stage): Promise<void> {
  await serving(stage)
  await findingTheWay(stage)
  await readingTheMiddle(stage)
}

async function serving(stage: Stage): Promise<void> {
  stage.page.step('A gateway serves the packages of this repository (read-only) and a folder to work in, which holds a file of 1 GiB')
  await writeGibibyte(stage.large)
  const agent = await stage.start()
  const { result } = await agent.quietly('vfs_list_mounts', {})
  for (const { path, backend, read_only } of result['mounts'] as readonly Readonly<Record<string, unknown>>[])
    stage.page.note(`${String(path)} · ${String(backend)}${read_only === true ? ' · read-only' : ''}`)
}

async function findingTheWay({ page, agent, packages }: Stage): Promise<void> {
  page.step('List, find and search')
  const listed = await agent.call('vfs_ls', { path: join(packages, 'zod'), limit: 4 })
  assert.match(listed.text, /LICENSE/)
  const found = await agent.call('vfs_find', { path: packages, glob: '**/zod/package.json', ignored: true })
  assert.match(found.text, /\/zod\/package\.json/)
  const hits = await agent.call('search_content', { path: packages, pattern: 'class MemoryBlockstore\\b', glob: '*.ts', ignored: true, limit: 3 })
  assert.match(hits.text, /class MemoryBlockstore/)
  const summed = await agent.call('vfs_stat', { path: packages, recursive: true }, 0)
  page.note(`below ${packages}: ${String(summed.result['files'])} files, ${String(summed.result['bytes'])} bytes`)
  assert.ok(Number(summed.result['files']) > 10_000)
}

async function readingTheMiddle({ page, agent, large }: Stage): Promise<void> {
  page.step('Read three lines out of the middle of 1 GiB, and a range of bytes')
  const lines = await agent.call('vfs_read', { path: large, offset: MIDDLE, limit: 3 })
  assert.ok(lines.text.includes(lineAt(MIDDLE)))
  const bytes = await agent.call('vfs_read', { path: large, byte_offset: 64 * (MIDDLE - 1), byte_length: 64 })
  assert.equal(bytes.result['content'], `${lineAt(MIDDLE)}\n`)
}
