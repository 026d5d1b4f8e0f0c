/** A tiny service, as real as any: it listens, says so, answers, and breaks as it is told. */
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'

const say = (line: string): boolean => process.stdout.write(`${line}\n`)
const { PORT, SECRET = '', MODE = '' } = process.env
if (MODE === 'refuse') {
  process.stderr.write('Error: it cannot work here\n')
  process.exit(3)
}
if (MODE === 'rubbish') process.stdout.write(Buffer.alloc(3 << 20, 0xfe))
const kept: Buffer[] = []
const child = MODE === 'parent' || MODE === 'parent of an heir' ? childOf(MODE) : undefined

/** It does not end when it is asked to; an heir also keeps the output open. */
function childOf(mode: string): number | undefined {
  return spawn('/bin/sh', ['-c', 'trap "" TERM; exec /bin/sleep 1000'], { stdio: mode === 'parent' ? 'ignore' : 'inherit' }).pid
}

function work(until: number): void {
  while (performance.now() < until);
}

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  if (pathname === '/say') say(searchParams.get('text') ?? '')
  if (pathname === '/begin') process.stdout.write(searchParams.get('text') ?? '')
  if (pathname === '/grow') kept.push(Buffer.alloc(200 << 20, 1))
  if (pathname === '/breed') spawn(process.execPath, ['-e', 'const kept = Buffer.alloc(200 << 20, 1); setInterval(() => kept, 1000)'], { stdio: 'ignore' })
  if (pathname === '/crash') process.kill(process.pid, 'SIGKILL')
  response.end(JSON.stringify({ pid: process.pid, child, env: Object.keys(process.env) }))
}).listen(Number(PORT), '127.0.0.1', () => {
  say(`secret ${SECRET}`)
  if (!['silent', 'talkative', 'busy'].includes(MODE)) say('echo is READY')
})
if (MODE === 'talkative') setInterval(() => say('still at work'), 20)
if (MODE === 'busy') setInterval(() => work(performance.now() + 20), 40)
if (MODE === 'deaf') process.on('SIGTERM', () => say('no'))
if (MODE === 'thorough') process.on('SIGTERM', () => setTimeout(() => process.exit(say('ended well') ? 0 : 1), 500))
