import { z } from 'zod'
import { ROOT } from '../../src/core/path.ts'
import { vfsPathInput } from '../../src/registry/path-input.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { findPage } from '../../src/search/page.ts'
import { relativeGlob } from '../vfs/listing.ts'
import { callOf } from '../vfs/schemas.ts'
import { outputOf, SearchOutput } from './output.ts'
import { positionCursor, positionOf } from './position.ts'
import { renderPage } from './render.ts'

const SearchInput = z.object({
  pattern: z.string().min(1).max(4_096).describe("Regular expression in ripgrep's syntax, matched line by line"),
  path: vfsPathInput('Folder or file to search').default(ROOT),
  glob: z.string().max(1_024).optional().describe('Only these files, such as *.ts or src/**/*.{js,ts}'),
  output: z.enum(['lines', 'files', 'count']).default('lines').describe('Matching lines, names of files, or hits per file'),
  context: z.int().min(0).max(20).default(0).describe('Lines around each hit'),
  ignore_case: z.boolean().default(false),
  literal: z.boolean().default(false).describe('Take the pattern as plain text'),
  ignored: z.boolean().default(false).describe('Also search what .gitignore and .git hide'),
  limit: z.int().min(1).max(1_000).default(100),
  cursor: z.string().max(8_192).optional().describe('next_cursor of the page before'),
})

export class SearchTools {
  readonly #services: Pick<Services, 'vfs' | 'search'>

  constructor(services: Pick<Services, 'vfs' | 'search'>) {
    this.#services = services
  }

  @tool({
    name: 'search_content',
    title: 'Search file content',
    description: 'Search the content of files for a regular expression or plain text, on every mount.',
    effect: 'read',
    core: true,
    alwaysLoad: true,
    input: SearchInput,
    output: SearchOutput,
    text: renderPage,
  })
  async search({ cursor, ignore_case, ...input }: z.output<typeof SearchInput>, context: ToolContext): Promise<z.input<typeof SearchOutput>> {
    const { vfs, search } = this.#services
    const glob = input.glob === undefined ? undefined : relativeGlob(input.path, input.glob)
    const { limit, ...asked } = { ...input, glob, ignoreCase: ignore_case }
    const from = cursor === undefined ? undefined : positionOf(cursor, asked)
    const page = await findPage(search, vfs, { ...asked, limit, from }, { ...callOf(context), onProgress: context.progress })
    return outputOf(page, page.next && positionCursor(asked, page.next))
  }
}
