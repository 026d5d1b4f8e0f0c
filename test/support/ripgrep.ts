import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The native program, for tests to compare with; a package that exists for Linux on x64 only. */
export function nativeRipgrep(): string {
  const root = createRequire(import.meta.url).resolve('@vscode/ripgrep-linux-x64/package.json')
  return join(root, '../bin/rg')
}

export async function isNativeThere(): Promise<boolean | string> {
  try {
    await access(nativeRipgrep(), constants.X_OK)
    return true
  } catch {
    return '@vscode/ripgrep-linux-x64 is not installed'
  }
}

/** `path:line:column:text` of every hit, from what the native program prints; a file that it calls binary may print its own lines. */
export async function nativeHits(folder: string, args: readonly string[]): Promise<string[]> {
  const always = ['--no-config', '--no-ignore', '--hidden', '--no-heading', '-H', '-n', '--column', '-0', '--no-mmap', '-j1', '--crlf']
  const out = await run([...always, '--field-match-separator=\\x00', ...args, '.'], folder)
  return out
    .toString('latin1')
    .split('\n')
    .flatMap((line) => hit(line.replace(/\r$/, '').split('\0')))
    .map((line) => Buffer.from(line, 'latin1').toString())
}

/** It leaves out the column of an empty match at the end of a line. */
function hit([path, line, ...rest]: readonly string[]): string[] {
  const text = rest.at(-1)
  if (path === undefined || text === undefined) return []
  return [`${path.replace(/^\./, '')}:${line}:${rest.length > 1 ? rest[0] : text.length + 1}:${text}`]
}

/** Exit code 1 is no match. */
const run = (args: readonly string[], cwd: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    execFile(nativeRipgrep(), args, { cwd, encoding: 'buffer', maxBuffer: 1e9 }, (error, stdout, stderr) => {
      if (error && error.code !== 1) reject(new Error(stderr.toString(), { cause: error }))
      else resolve(stdout)
    })
  })
