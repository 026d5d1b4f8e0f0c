import type { Plugin } from 'esbuild'

/** zod's namespace carries its messages in fifty languages, half of what a start would have to read. */
export const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js'" }))
  },
}
