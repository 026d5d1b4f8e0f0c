import { readFile, writeFile } from 'node:fs/promises'
import { builtin } from '../src/registry/discover.ts'
import { declarations } from '../src/registry/inventory.ts'
import { backendsPage } from './docs/capabilities.ts'
import { configJsonSchema } from './docs/config.ts'
import { errorsPage } from './docs/errors.ts'
import { toolsPage } from './docs/tools.ts'

/** Writes the pages that are made from the code; with --check it only says whether they are fresh. */
const pages = {
  'docs/tools.md': toolsPage([...declarations(await builtin()).values()]),
  'docs/backends.md': await backendsPage(),
  'docs/errors.md': errorsPage(),
  'config.schema.json': configJsonSchema(),
}
const isCheck = process.argv.includes('--check')

for (const [file, text] of Object.entries(pages)) {
  if ((await readFile(file, 'utf8').catch(() => '')) === text) continue
  if (isCheck) {
    console.error(`${file} is stale: run npm run docs`)
    process.exitCode = 1
  } else await writeFile(file, text)
}
