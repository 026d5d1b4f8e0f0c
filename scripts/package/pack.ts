import { execFileSync } from 'node:child_process'
import { glob, lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Packed {
  readonly tarball: string
  readonly bytes: number
  readonly files: readonly string[]
}

export function pack(folder: string): Packed {
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { encoding: 'utf8' })) as [Facts]
  return { tarball: join(folder, packed.filename), bytes: packed.size, files: packed.files.map(({ path }) => path) }
}

interface Facts {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

export async function sizeOf(folder: string): Promise<number> {
  let sum = 0
  for await (const entry of glob('**', { cwd: folder, withFileTypes: true })) {
    if (entry.isFile()) sum += (await lstat(join(entry.parentPath, entry.name))).size
  }
  return sum
}

interface Manifest {
  readonly name: string
  readonly gypfile?: boolean
  readonly scripts?: Readonly<Record<string, string>>
}

/** The packages of an installed tree that npm would run something for; a binding.gyp alone makes it compile. */
export async function installScripts(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const path of glob('**/package.json', { cwd: folder })) {
    const { name, scripts = {}, gypfile } = JSON.parse(await readFile(join(folder, path), 'utf8')) as Manifest
    const compiles = gypfile !== false && (await Array.fromAsync(glob('binding.gyp', { cwd: join(folder, path, '..') }))).length > 0
    if (compiles || ['preinstall', 'install', 'postinstall'].some((step) => step in scripts)) found.push(name)
  }
  return found
}
