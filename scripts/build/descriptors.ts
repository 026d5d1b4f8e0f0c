import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** A descriptor with what only the inventory says. */
type Inventoried = Readonly<Record<'toolset' | 'core' | 'effect' | 'tokens', unknown>>

const descriptorOf = ({ toolset: _toolset, core: _core, effect: _effect, tokens: _tokens, ...descriptor }: Inventoried): object => descriptor

const MAX_BYTES = 64 * 1024 * 1024

/** What tools/list answers, asked of the build itself: to make the JSON Schemas anew at each start would take longer than all else of that answer. */
export async function describeTools(dist: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'polymount-build-'))
  try {
    const env = { HOME: home, PATH: process.env['PATH'] ?? '' }
    const { stdout } = await promisify(execFile)(process.execPath, [resolve(dist, 'src/main.js'), 'tools', '--json'], { cwd: home, env, maxBuffer: MAX_BYTES })
    await writeFile(join(dist, 'descriptors.json'), JSON.stringify((JSON.parse(stdout) as Inventoried[]).map(descriptorOf)))
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}
