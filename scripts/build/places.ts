import type { Plugin } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'

/**
 * Bundled code lies in other files than it was written in, so `import.meta.url` would lead astray. Here it stays what it
 * was in the source tree, with dist/ for its root: `new URL('./grep.worker.ts', import.meta.url)` finds the built worker.
 */
export const sourcePlaces = (also: (code: string) => string = (code) => code): Plugin => ({
  name: 'source-places',
  setup(build) {
    build.onLoad({ filter: /\/(src|backends|tools)\/.*\.ts$/ }, async ({ path }) => {
      if (path.includes('/node_modules/')) return undefined
      const code = await readFile(path, 'utf8')
      return { loader: 'ts', contents: also(code.includes('import.meta.url') ? relocate(code, relative(process.cwd(), path)) : code) }
    })
  },
})

const relocate = (code: string, path: string): string =>
  code.replaceAll('import.meta.url', placeOf(path)).replaceAll(/(?<=['"][^'"\n]*\.worker)\.ts(?=['"])/g, '.js')

const placeOf = (path: string): string => `new URL(${JSON.stringify(path)}, import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/') + 6)).href`
