import { build, type BuildOptions } from 'esbuild'
import { glob } from 'node:fs/promises'
import { takenDirectly } from './builtins.ts'
import { englishOnly, withoutAjv } from './lean.ts'
import { sourcePlaces } from './places.ts'
import { oneStart, startFile } from './start.ts'

/** Each is imported by its own path at run time; what runs in threads of its own shares nothing with the rest. */
const TOOLS = 'tools/**/*.tools.ts'
const WORKERS = ['{src,backends}/**/*.worker.ts']

const OPTIONS = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.15', // the oldest that package.json promises: lowers decorators and `using`
  external: ['better-sqlite3'],
  outbase: '.',
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS packages inside the bundle call require for Node's own modules.
  banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  legalComments: 'none',
  logLevel: 'warning',
  // Never minified: Helia's code does not survive it.
} satisfies BuildOptions

/** Writes the tree that is published: the source tree's entries at their own places, and what they share in chunks/. `program`: what is started. */
export async function bundle(outdir: string, program = 'src/main.ts'): Promise<void> {
  const plugins = [englishOnly, withoutAjv]
  await build({
    ...OPTIONS,
    entryPoints: await Array.fromAsync(glob([program, TOOLS])),
    outdir,
    plugins: [sourcePlaces((code) => oneStart(takenDirectly(code))), startFile, ...plugins],
  })
  await build({ ...OPTIONS, entryPoints: await Array.fromAsync(glob(WORKERS)), outdir, plugins: [sourcePlaces(), ...plugins] })
}
