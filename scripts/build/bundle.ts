import { build, type BuildOptions } from 'esbuild'
import { glob } from 'node:fs/promises'
import { englishOnly, withoutAjv } from './lean.ts'
import { sourcePlaces } from './places.ts'

/** Each is started or imported by its own path at run time. */
const ENTRIES = ['src/main.ts', '{src,backends}/**/*.worker.ts', 'tools/**/*.tools.ts']

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
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [sourcePlaces, englishOnly, withoutAjv],
  // Never minified: Helia's code does not survive it.
} satisfies BuildOptions

/** Writes the tree that is published: the source tree's entries at their own places, and what they share in chunks/. */
export async function bundle(outdir: string): Promise<void> {
  await build({ ...OPTIONS, entryPoints: await Array.fromAsync(glob(ENTRIES)), outdir })
}
