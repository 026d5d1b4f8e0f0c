import { createHash } from 'node:crypto'
import { glob, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SOURCES = ['{src,backends,tools}/**/*.{ts,json}', 'scripts/build.ts', 'scripts/build/*.ts', 'package.json', 'package-lock.json']
const STAMP = 'built-from'

/** Of names, sizes and times, so that a file that goes away or grows older counts as a change too. */
export async function fingerprint(): Promise<string> {
  const paths = await Array.fromAsync(glob(SOURCES))
  const facts = await Promise.all(paths.toSorted().map(async (path) => `${path} ${await sizeAndTime(path)}`))
  return createHash('sha256').update(facts.join('\n')).digest('hex')
}

export const isFresh = async (sources: string): Promise<boolean> => (await readFile(join('dist', STAMP), 'utf8').catch(() => '')) === sources

export const stamp = (folder: string, sources: string): Promise<void> => writeFile(join(folder, STAMP), sources)

async function sizeAndTime(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  return `${size} ${mtimeMs}`
}
