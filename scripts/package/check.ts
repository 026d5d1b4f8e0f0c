import { glob, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFolder, SUPPORTED, TOO_OLD } from './nodes.ts'
import { installScripts, pack, sizeOf } from './pack.ts'
import { greet, refusal, type Start } from './speak.ts'

const MOST_BYTES = 40e6
const MOST_MS = 10_000

/** Packs the package, starts it as a stranger would on a machine that knows nothing, and says what does not hold. */
export async function checkPackage(say: (line: string, holds: boolean) => void): Promise<void> {
  const room = await mkdtemp(join(tmpdir(), 'polymount-package-'))
  try {
    const { tarball, bytes, files } = pack(room)
    say(
      `packed: ${megabytes(bytes)} in ${files.length} files`,
      files.every((file) => !/\.ts$|^(src|test|scripts)\//.test(file)),
    )
    const installed = await coldStart(room, tarball, say)
    await checkTree(installed, say)
    for (const version of SUPPORTED) await checkNode(room, installed, version, say)
    await checkRefusal(room, installed, say)
  } finally {
    await rm(room, { recursive: true, force: true })
  }
}

type Say = Parameters<typeof checkPackage>[0]

async function coldStart(room: string, tarball: string, say: Say): Promise<string> {
  const start = await startOf(room, SUPPORTED.at(-1) ?? '', 'npx', ['-y', `--package=${tarball}`, 'polymount'])
  const { ms, tools } = await greet(start)
  say(`npx with an empty cache: ${tools} tools after ${ms} ms (at most ${MOST_MS})`, tools > 0 && ms <= MOST_MS)
  const warm = await greet(start)
  say(`npx again: ${warm.ms} ms`, warm.tools === tools)
  const [folder = ''] = await Array.fromAsync(glob(join(room, 'cache/_npx/*/node_modules')))
  return folder
}

async function checkTree(installed: string, say: Say): Promise<void> {
  const bytes = await sizeOf(installed)
  say(`installed: ${megabytes(bytes)} (at most ${megabytes(MOST_BYTES)})`, bytes > 0 && bytes <= MOST_BYTES)
  const scripts = await installScripts(installed)
  say(`install scripts: ${scripts.join(', ') || 'none'}`, scripts.length === 0)
}

async function checkNode(room: string, installed: string, version: string, say: Say): Promise<void> {
  const start = await startOf(room, version, 'node', [join(installed, 'polymount/bin/polymount.cjs')])
  const { ms, tools } = await greet(start)
  say(`Node ${version}: ${tools} tools after ${ms} ms`, tools > 0)
}

async function checkRefusal(room: string, installed: string, say: Say): Promise<void> {
  const { said, code } = refusal(await startOf(room, TOO_OLD, 'node', [join(installed, 'polymount/bin/polymount.cjs')]))
  say(`Node ${TOO_OLD} is told: ${said.trim()}`, code === 2 && /^polymount: needs Node [^\n]+\n$/.test(said))
}

/** A start with nothing of this machine but the system's own programs, its way to the network, and one Node. */
async function startOf(room: string, version: string, command: string, args: readonly string[]): Promise<Start> {
  const served = join(room, 'served')
  await mkdir(served, { recursive: true })
  const env = { ...network(), PATH: `${await nodeFolder(version)}:${systemPath()}`, HOME: room, npm_config_cache: join(room, 'cache') }
  return { command, args: [...args, served], env }
}

const NETWORK = /^(https?_proxy|no_proxy|node_extra_ca_certs|npm_config_registry)$/i

function network(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([key, value = '']) => (NETWORK.test(key) ? [[key, value]] : [])))
}

/** Without the programs that npm scripts find first: the repository's own Node among them. */
const systemPath = (): string =>
  (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => !folder.includes('node_modules'))
    .join(':')

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
