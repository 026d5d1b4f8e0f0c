import { z } from 'zod'
import type { Bytes } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { type VfsPath, vfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { vfsPathInput } from '../../src/registry/path-input.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { formatSize } from '../../src/text/encoding.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { callOf } from '../vfs/schemas.ts'
import { cid } from './schemas.ts'

const GetInput = z.strictObject({
  cid,
  to: vfsPathInput('The new path itself'),
  format: z.enum(['files', 'tar', 'car']).default('files'),
})
const GetOutput = z.strictObject({
  cid: z.string(),
  path: z.string(),
  entries: z.int().describe('Below the path'),
  bytes: z.int(),
  links_left_out: z.int(),
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
    return { cid: root.toString(), entries: 0, links_left_out: 0, ...(await this.#write(to, carOf(this.#node, root, { signal }), context)) }
  }

  /** What cannot be written is found out before anything is. */
  async #files(from: string, to: VfsPath, format: 'files' | 'tar', context: ToolContext): Promise<Got> {
    const call = { signal: context.signal }
    const { survey, tarOf } = await import('../../src/ipfs/dag/archives.ts')
    const root = await this.#node.stat(from, call)
    if (root.kind === 'link') throw new VfsError('UNSUPPORTED', `${root.cid} is a symbolic link, which has no content of its own`)
    const { entries, links } = root.kind === 'directory' ? await survey(this.#node, root.cid, call) : { entries: 0, links: 0 }
    const found = { cid: root.cid, entries, links_left_out: links }
    if (format === 'tar') return { ...found, ...(await this.#write(to, tarOf(this.#node, root, call), context)) }
    const onProgress = (bytes: number): void => context.progress(bytes, undefined, formatSize(bytes))
    const { bytes, change } = await this.#vfs.copy(vfsPath(`/ipfs/${root.cid}`), to, { ...callOf(context), recursive: true, onProgress })
    return { ...found, bytes, change }
  }

  async #write(to: VfsPath, content: Bytes, context: ToolContext): Promise<Pick<Got, 'bytes' | 'change'>> {
    const { bytes, change } = await this.#vfs.write(to, told(content, context), { ...callOf(context), ifNoneMatch: '*', parents: true })
    return { bytes, change }
  }
}

async function* told(content: Bytes, { progress }: ToolContext): Bytes {
  let done = 0
  for await (const part of content) {
    yield part
    progress((done += part.length), undefined, formatSize(done))
  }
}
