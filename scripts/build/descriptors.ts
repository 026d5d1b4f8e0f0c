import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { BuiltTool } from '../../src/registry/built.ts'
import type { ToolFacts } from '../../src/registry/inventory.ts'

/** As `polymount tools --json` tells of it. */
type Inventoried = ToolFacts & { readonly tokens: number }

function builtOf({ toolset, core, effect, needs, file, tokens: _tokens, ...descriptor }: Inventoried): BuiltTool {
  const { name, title } = descriptor
  return { name, title, effect, core, needs, toolset, file, descriptor }
}

const MAX_BYTES = 64 * 1024 * 1024

/** What the tools declare, asked of the build itself: a start then lists them without their code, and makes no JSON Schema anew. */
export async function describeTools(dist: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'polymount-build-'))
  try {
    const env = { HOME: home, PATH: process.env['PATH'] ?? '' }
    const { stdout } = await promisify(execFile)(process.execPath, [resolve(dist, 'src/main.js'), 'tools', '--json'], { cwd: home, env, maxBuffer: MAX_BYTES })
    await writeFile(join(dist, 'tools.json'), JSON.stringify((JSON.parse(stdout) as Inventoried[]).map(builtOf)))
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}
