/** The least that a server made with the SDK can do: it answers from constants, and flushes what a journaled write has to flush. Started by the benchmark. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Server } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

const text = (bytes: number): string => 'all work and no play '.repeat(bytes / 20).slice(0, bytes)
const names = (count: number): string => Array.from({ length: count }, (_, at) => `folder/entry-${at}`).join('\n')
const ANSWERS: Readonly<Record<string, string>> = { read: text(1 << 10), piece: text(1 << 20), list: names(10_000), find: names(5000), write: 'written' }
const log = openSync(process.argv[2] ?? '', 'a')

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
  server.setRequestHandler('tools/call', ({ params: { name, arguments: { path, content } = {} } }) => {
    if (name === 'write') write(String(path), String(content))
    return { content: [{ type: 'text', text: ANSWERS[name] ?? '' }] }
  })
  return server
})
