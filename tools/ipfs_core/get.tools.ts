import { z } from 'zod'
import type { Node } from '../../src/content/types.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { vfsPathInput } from '../../src/registry/path-input.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { cid } from '../ipfs-schemas.ts'
import { Below, NOTHING_BELOW, surveyed, writeFile, type Written, writeTree } from './writing.ts'

const GetInput = z.strictObject({
  cid,
  to: vfsPathInput('The new path itself'),
  format: z.enum(['files', 'tar', 'car']).default('files'),
})
const GetOutput = z.strictObject({
  cid: z.string(),
  path: z.string(),
  ...Below.shape,
  bytes: z.int(),
  change: z.string().nullable().describe('Pass it to vfs_undo'),
})

type Got = Omit<z.input<typeof GetOutput>, 'path'>

/** From IPFS into any storage, as one change that can be undone. */
export class GetTools {
  readonly #node: IpfsNode
  readonly #vfs: Vfs

  constructor({ ipfs, vfs }: Pick<Services, 'ipfs' | 'vfs'>) {
    this.#node = ipfs
    this.#vfs = vfs
  }

  @tool({
    name: 'ipfs_get',
    title: 'Get from IPFS into files',
    description: 'Write a file or folder of IPFS to a path, as files, as a tar, or with all blocks as a CAR.',
    effect: 'write',
    openWorld: true,
    needs: ['ipfs'],
    input: GetInput,
    output: GetOutput,
  })
  async get({ cid: from, to, format }: z.output<typeof GetInput>, context: ToolContext): Promise<z.input<typeof GetOutput>> {
    const got = format === 'car' ? await this.#car(from, to, context) : await this.#files(from, to, format, context)
    return { path: to, ...got }
  }

  async #car(from: string, to: VfsPath, context: ToolContext): Promise<Got> {
    const { signal } = context
    const [{ blockAt }, { carOf }] = await Promise.all([import('../../src/ipfs/dag/index.ts'), import('../../src/ipfs/dag/archives.ts')])
    const root = await blockAt(this.#node, from, { signal })
    const { bytes, change } = await writeFile(this.#vfs, to, carOf(this.#node, root, { signal }), context)
    return { cid: root.toString(), ...NOTHING_BELOW, bytes, change }
  }

  async #files(from: string, to: VfsPath, format: 'files' | 'tar', context: ToolContext): Promise<Got> {
    const root = await this.#node.stat(from, { signal: context.signal })
    const found = await surveyed(this.#node, root, context)
    if (format === 'tar') return { cid: root.cid, ...(await this.#tar(root, found, to, context)) }
    const { bytes, change, linksLeftOut = 0 } = await writeTree(this.#vfs, root.cid, to, context)
    const entries = found.entries + found.links_left_out - linksLeftOut
    return { cid: root.cid, ...found, entries, links_left_out: linksLeftOut, bytes, change }
  }

  /** With the links that stay in it. */
  async #tar(root: Node, { entries, first, links_left_out: links }: Below, to: VfsPath, context: ToolContext): Promise<Written & Below> {
    const { tarOf } = await import('../../src/ipfs/dag/archives.ts')
    let leftOut = 0
    const { bytes, change } = await writeFile(this.#vfs, to, tarOf(this.#node, root, { signal: context.signal, onLeftOut: () => leftOut++ }), context)
    return { bytes, change, entries: entries + links - leftOut, first, links_left_out: leftOut }
  }
}
