import type { Plugin } from 'esbuild'

/** zod's namespace carries its messages in fifty languages, half of what a start would have to read. */
export const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js'" }))
  },
}

/**
 * The MCP SDK evaluates all of Ajv at its start, to check what a user answers to a server's question. We ask none; a server
 * that does gets this error.
 */
export const withoutAjv: Plugin = {
  name: 'without-ajv',
  setup(build) {
    build.onLoad({ filter: /\/@modelcontextprotocol\/server\/dist\/shimsNode\.mjs$/ }, () => ({
      contents: `export { default as process } from 'node:process'
        export class DefaultJsonSchemaValidator {
          getValidator() { throw new Error('this bundle has no validator of JSON Schema') }
        }`,
    }))
  },
}
