import { z } from 'zod'
import type { Range } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { vfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { cid, entry, entryOf, length, limit, nextCursor, offset } from '../ipfs-schemas.ts'
import { pieceOf } from '../vfs/reading.ts'
import { cursor, text } from '../vfs/schemas.ts'

const CatInput = z.strictObject({ cid, offset, length })
const CatOutput = z.strictObject({
  cid: z.string(),
  size: z.int(),
  next_offset: z.int().nullable(),
  content: z.string().optional().describe('The bytes, if they are UTF-8'),
  content_base64: z.string().optional(),
  text,
})

const LsInput = z.strictObject({ cid, cursor, limit })
const LsOutput = z.strictObject({ cid: z.string(), entries: z.array(entry), next_cursor: nextCursor })

/** Content of IPFS by CID; by path the tools of the VFS read it too. */
export class ContentTools {
  readonly #node: IpfsNode

  constructor({ ipfs }: Pick<Services, 'ipfs'>) {
    this.#node = ipfs
  }

  @tool({
    name: 'ipfs_cat',
    title: 'Read from IPFS',
    description: 'Read bytes of a file by its CID; what is not on this machine is fetched and verified.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: CatInput,
    output: CatOutput,
    text: (output) => output.text,
  })
  async cat({ cid: path, offset: start, length: most }: z.output<typeof CatInput>, { signal }: ToolContext): Promise<z.input<typeof CatOutput>> {
    const { cid: found, kind: what, size } = await this.#node.stat(path, { signal })
    if (what === 'directory') throw new VfsError('IS_DIRECTORY', `${path} is a folder`, { hint: 'List it with ipfs_ls, and read a file in it.' })
    const file = { stat: { size, etag: found.slice(-12) }, read: (range: Range) => this.#node.read(found, { ...range, signal }) }
    const { next, ...piece } = await pieceOf(vfsPath(`/ipfs/${found}`), file, start, most, 'offset')
    return { cid: found, size, next_offset: next, ...piece }
  }

  @tool({
    name: 'ipfs_ls',
    title: 'List an IPFS folder',
    description: 'List the names in a folder by its CID, with CID, size and kind of each.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: LsInput,
    output: LsOutput,
  })
  async ls({ cid: path, cursor: from, limit: most }: z.output<typeof LsInput>, { signal }: ToolContext): Promise<z.input<typeof LsOutput>> {
    const found = await this.#node.resolve(path, { signal })
    const after = from === undefined ? undefined : String(placeOf(from, found))
    const entries = []
    for await (const node of this.#node.list(found, { after, signal })) {
      if (entries.length === most) return { cid: found, entries, next_cursor: cursorOf(found, entries.at(-1)?.name ?? '') }
      entries.push(entryOf(node))
    }
    return { cid: found, entries, next_cursor: null }
  }
}
