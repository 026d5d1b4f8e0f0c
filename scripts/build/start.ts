import type { Plugin } from 'esbuild'

/** What every start over stdio on the default mounts comes to load. */
const LOADED = [
  'src/commands/main.ts',
  'src/commands/serve.ts',
  'src/gateway.ts',
  'src/mcp/pipes/door.ts',
  'backends/local/local.ts',
  'backends/ipfs/ipfs.ts',
  'backends/mfs/mfs.ts',
]
const NAME = 'polymount:start'

/**
 * esbuild puts a module into the chunk of all entries that lead to it, which makes fifty small chunks of what a start loads, and
 * loading many is what takes time. So each of our files leads to all of them: then they are one.
 */
export const oneStart = (code: string): string => `import ${JSON.stringify(NAME)}\n${code}`

export const startFile: Plugin = {
  name: 'start-file',
  setup(build) {
    build.onResolve({ filter: /^polymount:start$/ }, ({ path }) => ({ path, namespace: 'start' }))
    build.onLoad({ filter: /.*/, namespace: 'start' }, () => ({
      contents: LOADED.map((path) => `import ${JSON.stringify(`./${path}`)}`).join('\n'),
      resolveDir: process.cwd(),
    }))
  },
}
