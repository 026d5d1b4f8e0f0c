/**
 * The least that a server made with the SDK can do: it answers from constants of the form that our answers have, makes the system calls
 * without which a read is not safe, and flushes what a journaled write has to flush. Started by the benchmark.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Server } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

const text = (bytes: number): string => 'all work and no play '.repeat(bytes / 20).slice(0, bytes)
const names = (count: number): string => Array.from({ length: count }, (_, at) => `folder/entry-${at}`).join('\n')
const ANSWERS: Readonly<Record<string, string>> = { read: text(1 << 10), piece: text(1 << 20), find: names(5000), write: 'written' }
const PAGE = 2500
const entries = Array.from({ length: PAGE }, (_, at) => ({ name: `entry-${at}`, path: `/of/a/folder/somewhere/entry-${at}`, kind: 'file' }))
const log = openSync(process.argv[2] ?? '', 'a')
const buffer = Buffer.alloc(1 << 10)

/** The same file before and after, and no link. */
function read(path: string): void {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  fstatSync(file)
  readSync(file, buffer)
  fstatSync(file)
  closeSync(file)
}

const page = (cursor: number) => ({
  content: [{ type: 'text' as const, text: names(PAGE) }],
  _meta: { 'polymount/result': { entries, next_cursor: cursor < 3 ? cursor + 1 : null } },
})

function write(path: string, content: string): void {
  writeSync(log, content)
  fsyncSync(log)
  writeFileSync(`${path}.staged`, content, { flush: true })
  renameSync(`${path}.staged`, path)
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

serveStdio(() => {
  const server = new Server({ name: 'floor', version: '1' }, { capabilities: { tools: {} } })
  server.setRequestHandler('tools/list', () => ({ tools: [] }))
  server.setRequestHandler('tools/call', ({ params: { name, arguments: { path, content, cursor = 0 } = {} } }) => {
    if (name === 'list') return page(Number(cursor))
    if (name === 'read') read(String(path))
    if (name === 'write') write(String(path), String(content))
    return { content: [{ type: 'text', text: ANSWERS[name] ?? '' }] }
  })
  return server
})
