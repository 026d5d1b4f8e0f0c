import { z } from 'zod'
import { durationOf } from '../../src/core/duration.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { cid } from './schemas.ts'

/** Such as `48h`, as milliseconds. */
const duration = z
  .string()
  .regex(/^\d{1,4}[smhd]$/, 'must be such as 30s, 5m, 48h, 7d')
  .transform((text) => durationOf(text) ?? 0)
const lasting = duration.refine((ms) => ms > 0, 'must last for a second at least')

const PublishInput = z.strictObject({
  cid: cid.describe('CID, or path under /ipfs/ or /ipns/'),
  key: z.string().max(64).default('self'),
  lifetime: lasting.prefault('48h'),
  ttl: duration.prefault('5m'),
  offline: z.boolean().default(false).describe('Tell nobody'),
})
const PublishOutput = z.strictObject({ name: z.string(), value: z.string() })

const ResolveInput = z.strictObject({
  name: z.string().min(1).max(4096).describe('k51…, a domain, or /ipns/k51…/path'),
  recursive: z.boolean().default(true),
  nocache: z.boolean().default(false),
})
const ResolveOutput = z.strictObject({ name: z.string(), value: z.string() })

/** IPNS: names that can be moved. */
export class NameTools {
  readonly #node: IpfsNode

  constructor({ ipfs }: Pick<Services, 'ipfs'>) {
    this.#node = ipfs
  }

  @tool({
    name: 'ipfs_name_publish',
    title: 'Publish a name',
    description: "Publish where the IPNS name of a key points to, in place of where it pointed; by default the node's own name.",
    effect: 'destructive', // what it pointed to before is not kept
    openWorld: true,
    needs: ['ipfs'],
    input: PublishInput,
    output: PublishOutput,
  })
  async publish({ cid: path, key, lifetime, ttl, offline }: z.output<typeof PublishInput>, { signal }: ToolContext): Promise<z.input<typeof PublishOutput>> {
    const { name, value } = await this.#node.names.publish(path, { key, lifetimeMs: lifetime, ttlMs: ttl, offline, signal })
    return { name: `/ipns/${name}`, value }
  }

  @tool({
    name: 'ipfs_name_resolve',
    title: 'Resolve a name',
    description: 'Resolve an IPNS name to the path that it points to now.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: ResolveInput,
    output: ResolveOutput,
  })
  async resolve({ name, recursive, nocache }: z.output<typeof ResolveInput>, { signal }: ToolContext): Promise<z.input<typeof ResolveOutput>> {
    return { name, value: await this.#node.names.resolve(name, { recursive, fresh: nocache, signal }) }
  }
}
