import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem, type } from 'node:os'

export function environment(): Record<string, string> {
  return {
    commit: commit(),
    node: process.version,
    system: `${type()} ${process.arch}`,
    processor: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    command: process.argv.slice(2).join(' '),
    ci: process.env['CI'] ?? 'no',
  }
}

function commit(): string {
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' and uncommitted changes')
  } catch {
    return 'unknown'
  }
}

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
