import { z } from 'zod'
import { collect } from '../../src/core/bytes.ts'
import { VfsError } from '../../src/core/error.ts'
import { CUT_IT } from '../../src/ipfs/block.ts'
import { type IpfsNode, MAX_BLOCK_BYTES } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { contentFields, contentOf, streamOf } from '../content.ts'
import { cid } from '../ipfs-schemas.ts'
import { callOf } from '../vfs/schemas.ts'

const MAX_VALUE = 256 * 1024

const codec = z.enum(['dag-cbor', 'dag-json', 'dag-pb', 'raw'])

const GetInput = z.strictObject({ cid, output_codec: codec.default('dag-json') })
const GetOutput = z.strictObject({
  cid: z.string().describe('Of the block'),
  remainder: z.string().describe('The path inside this block'),
  value: z.unknown().optional().describe('As dag-json: bytes {"/":{"bytes":base64}}, links {"/":cid}'),
  dag_json: z.string().optional().describe('In place of value, exact: for integers beyond 2^53, which JSON readers round, and for deep nesting'),
  content_base64: z.string().optional().describe('In another output_codec'),
})

const { content, content_base64, from } = contentFields
const PutInput = z.strictObject({
  value: z.unknown().optional().describe('Any JSON; bytes as {"/":{"bytes":base64}}, links as {"/":cid}'),
  content: content.describe('In input_codec'),
  content_base64,
  from,
  store_codec: codec.default('dag-cbor'),
  input_codec: codec.default('dag-json'),
  hash: z.enum(['sha2-256', 'sha2-512']).default('sha2-256'),
  pin: z.boolean().default(false),
})
const PutOutput = z.strictObject({ cid: z.string() })

/** Values of any shape, linked by CID. */
export class DagTools {
  readonly #node: IpfsNode
  readonly #vfs: Vfs

  constructor({ ipfs, vfs }: Pick<Services, 'ipfs' | 'vfs'>) {
    this.#node = ipfs
    this.#vfs = vfs
  }

  @tool({
    name: 'ipfs_dag_get',
    title: 'Read an IPLD value',
    description: 'Read the value at a path through blocks of dag-cbor, dag-json, dag-pb and raw, following links.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: GetInput,
    output: GetOutput,
  })
  async get({ cid: path, output_codec }: z.output<typeof GetInput>, { signal }: ToolContext): Promise<z.input<typeof GetOutput>> {
    const { bytesAt, fitsJson, valueAt } = await load()
    const found = await valueAt(this.#node, path, { signal })
    const bytes = Buffer.from(await bytesAt(this.#node, found, output_codec, { signal }))
    if (bytes.length > MAX_VALUE) throw tooLarge(bytes.length)
    const { cid: block, remainder, value } = found
    const where = { cid: block.toString(), remainder: remainder.join('/') }
    if (output_codec !== 'dag-json') return { ...where, content_base64: bytes.toString('base64') }
    return fitsJson(value) ? { ...where, value: JSON.parse(bytes.toString()) as unknown } : { ...where, dag_json: bytes.toString() }
  }

  @tool({
    name: 'ipfs_dag_put',
    title: 'Store an IPLD value',
    description: 'Store a value as one block and tell its CID; give one of value, content, content_base64 and from.',
    effect: 'write',
    idempotent: true,
    openWorld: true,
    needs: ['ipfs'],
    input: PutInput,
    output: PutOutput,
  })
  async put(input: z.output<typeof PutInput>, context: ToolContext): Promise<z.input<typeof PutOutput>> {
    const { putValue } = await load()
    const { input_codec: inputCodec, store_codec: storeCodec, hash, pin } = input
    const { signal } = context
    await using _ = await this.#node.guard()
    const stored = await putValue(this.#node, await this.#content(input, context), { inputCodec, storeCodec, hash, signal })
    if (pin) await this.#node.pins.add(stored, { signal })
    return { cid: stored }
  }

  async #content(input: z.output<typeof PutInput>, context: ToolContext): Promise<Uint8Array> {
    const { value, input_codec, ...rest } = input
    if (value === undefined && [rest.content, rest.content_base64, rest.from].every((one) => one === undefined))
      throw new VfsError('INVALID_ARGUMENT', 'give exactly one of value, content, content_base64 and from; null is content="null"')
    if (value === undefined) return collect(streamOf(await contentOf(rest, this.#vfs, callOf(context))), MAX_BLOCK_BYTES, CUT_IT)
    if (rest.content !== undefined || rest.content_base64 !== undefined || rest.from !== undefined || input_codec !== 'dag-json')
      throw new VfsError('INVALID_ARGUMENT', 'value is dag-json, and takes the place of content, content_base64 and from')
    return (await load()).jsonBytes(value)
  }
}

const tooLarge = (bytes: number): VfsError =>
  new VfsError('FILE_TOO_LARGE', `the value takes ${bytes} bytes, more than ${MAX_VALUE}`, {
    hint: 'Send a path to a part of it, or read the block with ipfs_block_get.',
  })

const load = () => import('../../src/ipfs/dag/index.ts')
