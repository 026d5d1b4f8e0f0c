import { homedir } from 'node:os'
import { main } from './commands/main.ts'

const { stdin, stdout, stderr, env, execPath } = process
const script = process.argv[1] ?? ''
const program = script.includes('/_npx/') ? ['npx', '-y', 'polymount'] : [execPath, script]

process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd(), home: homedir(), program, signals: process })
process.exit()
