import { z } from 'zod'
import { vfsPath } from '../../src/core/path.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool } from '../../src/registry/tool.ts'
import type { MountInfo, Vfs } from '../../src/vfs/types.ts'
import { capabilityNames, path } from './schemas.ts'

const mount = z.strictObject({
  path: z.string(),
  backend: z.string(),
  type: z.string(),
  read_only: z.boolean(),
  versions: z.enum(['on', 'off']),
  capabilities: z.array(z.string()),
  cas: z.enum(['native', 'lock', 'weak']),
  health: z.string().describe('ok, or why it does not answer'),
  usage: z.strictObject({ calls: z.int(), errors: z.int(), open: z.int(), bytes_read: z.int(), bytes_written: z.int() }),
})

const MountInput = z.strictObject({
  path,
  backend: z.string().describe('A name from the configuration'),
  root: z.string().optional().describe('Folder in the backend'),
  read_only: z.boolean().default(false),
})
const UnmountInput = z.strictObject({ path, force: z.boolean().default(false) })
const UnmountOutput = z.strictObject({ path: z.string() })
const MountsOutput = z.strictObject({ mounts: z.array(mount), notes: z.array(z.string()).describe('What a person should know') })

export class MountTools {
  readonly #vfs: Vfs
  readonly #backends: Services['backends']
  readonly #notes: Services['notes']

  constructor({ vfs, backends, notes }: Pick<Services, 'vfs' | 'backends' | 'notes'>) {
    this.#vfs = vfs
    this.#backends = backends
    this.#notes = notes
  }

  @tool({
    name: 'vfs_mount',
    title: 'Mount a storage',
    description: 'Mount a configured storage at a path, for as long as this server runs.',
    effect: 'write',
    input: MountInput,
    output: mount,
  })
  async mount({ path: at, backend: name, root, read_only }: z.output<typeof MountInput>): Promise<z.input<typeof mount>> {
    const inner = root === undefined ? undefined : vfsPath(root)
    const backend = await this.#backends.open(name)
    return mountOf(await this.#vfs.mount({ path: at, name, backend, root: inner, readOnly: read_only }))
  }

  @tool({
    name: 'vfs_unmount',
    title: 'Unmount a storage',
    description: 'Unmount a storage; its content stays where it is.',
    effect: 'write',
    input: UnmountInput,
    output: UnmountOutput,
  })
  async unmount({ path: at, force }: z.output<typeof UnmountInput>): Promise<z.input<typeof UnmountOutput>> {
    await this.#vfs.unmount(at, { force })
    return { path: at }
  }

  @tool({
    name: 'vfs_list_mounts',
    title: 'List the mounts',
    description: 'List the mounted storages, what each can do and whether it answers.',
    effect: 'read',
    core: true,
    input: z.strictObject({}),
    output: MountsOutput,
  })
  async list(): Promise<z.input<typeof MountsOutput>> {
    const [mounts, notes] = await Promise.all([this.#vfs.mounts(), this.#notes()])
    return { mounts: mounts.map(mountOf), notes: [...notes, ...mounts.flatMap((info) => info.notes.map((note) => `${info.path}: ${note}`))] }
  }
}

/** Of each operation there is more than an agent wants to read. */
const totals = ({ calls, errors, open, bytes_read, bytes_written }: MountInfo['usage']): z.input<typeof mount>['usage'] => ({
  calls,
  errors,
  open,
  bytes_read,
  bytes_written,
})

const mountOf = (info: MountInfo): z.input<typeof mount> => ({
  path: info.path,
  backend: info.name,
  type: info.scheme,
  read_only: info.readOnly,
  versions: info.versions,
  capabilities: capabilityNames(info.capabilities),
  cas: info.capabilities.cas,
  health: info.error?.message ?? 'ok',
  usage: totals(info.usage),
})
