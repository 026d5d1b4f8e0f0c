import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { VfsError } from '../core/error.ts'

/** What one `*.tools.ts` file exports. */
export interface ToolModule {
  /** How errors name it. */
  readonly file: string
  readonly exports: Readonly<Record<string, unknown>>
}

const TOOL_FILE = /\.tools\.[jt]s$/

/**
 * Imports every tool file below a folder, in the order of their paths. With a `generation` the files are read anew (what
 * they import is not). Rejects TOOL_INVALID for a folder or file that cannot be read or run.
 */
export async function discover(folder: string, generation = 0): Promise<ToolModule[]> {
  const files = await toolFiles(folder).catch((cause: unknown) => {
    throw new VfsError('TOOL_INVALID', `the tools folder ${folder} cannot be read`, { cause, details: { file: folder } })
  })
  return Promise.all(files.map((file) => readModule(folder, relative(folder, file), generation)))
}

/** One of them, by its name below the folder. */
export const readModule = async (folder: string, file: string, generation = 0): Promise<ToolModule> => ({
  file,
  exports: await load(join(folder, file), generation),
})

/** The tools that come with polymount. */
export const builtin = (): Promise<ToolModule[]> => discover(fileURLToPath(new URL('../../tools', import.meta.url)))

async function toolFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : toolFiles(path)
    return TOOL_FILE.test(entry.name) ? [path] : []
  })
  return (await Promise.all(found)).flat().toSorted()
}

async function load(file: string, generation: number): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file)
  if (generation > 0) url.searchParams.set('generation', String(generation))
  try {
    return (await import(url.href)) as Record<string, unknown>
  } catch (cause) {
    throw new VfsError('TOOL_INVALID', `${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, details: { file } })
  }
}
