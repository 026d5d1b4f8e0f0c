import type { Plugin } from 'esbuild'
import { glob, mkdir, writeFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const FILES = 'tools/**/*.tools.ts'
const NAME = 'tools/gathered'

/** All tool files as one entry: as entries of their own they would split what they share into dozens of chunks. */
export const GATHERED = { in: 'gathered:tools', out: NAME }

export const gathered: Plugin = {
  name: 'gathered-tools',
  setup(build) {
    build.onResolve({ filter: /^gathered:tools$/ }, ({ path }) => ({ path, namespace: 'gathered' }))
    build.onLoad({ filter: /.*/, namespace: 'gathered' }, async () => ({
      contents: (await toolFiles()).map((file) => `export * as ${JSON.stringify(file)} from ${JSON.stringify(`./${file}`)}`).join('\n'),
      resolveDir: process.cwd(),
    }))
  },
}

/** Puts a file where discovery looks for each tool file, with the same exports. */
export async function writeToolFiles(outdir: string): Promise<void> {
  const whole = resolve(outdir, `${NAME}.js`)
  const modules = (await import(pathToFileURL(whole).href)) as Record<string, Record<string, unknown>>
  for (const [file, exported] of Object.entries(modules)) {
    const path = resolve(outdir, file.replace(/\.ts$/, '.js'))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, shell(file, Object.keys(exported), `./${relative(dirname(path), whole)}`))
  }
}

const toolFiles = async (): Promise<string[]> => (await Array.fromAsync(glob(FILES))).toSorted()

const shell = (file: string, names: readonly string[], whole: string): string =>
  `import { ${JSON.stringify(file)} as file } from ${JSON.stringify(whole)}\n${names.map((name) => `export const ${name} = file.${name}\n`).join('')}`
