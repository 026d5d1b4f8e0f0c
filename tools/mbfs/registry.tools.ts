import { z } from 'zod'
import { VfsError } from '../../src/core/error.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Named, Storages } from '../../src/storages/types.ts'
import type { MountInfo, Vfs } from '../../src/vfs/types.ts'
import { capabilityNames } from '../vfs/schemas.ts'
import { backend } from './keys.ts'

const HEALTH_MS = 2000

const listed = z.strictObject({
  name: z.string(),
  type: z.string(),
  registered: z.boolean().describe('By an agent, for as long as this server runs'),
  health: z.string().describe('ok, or why it does not answer'),
  capabilities: z.array(z.string()),
  mounts: z.array(z.string()),
  usage: z.strictObject({ calls: z.int(), errors: z.int(), bytes_read: z.int(), bytes_written: z.int() }),
})

const RegisterInput = z.strictObject({
  name: z.string(),
  type: z.string().describe('local, memory, s3, cluster …'),
  options: z.record(z.string(), z.unknown()).default({}).describe('Secrets only as secret:NAME'),
})
const RegisterOutput = z.strictObject({ name: z.string(), type: z.string(), capabilities: z.array(z.string()), cas: z.enum(['native', 'lock', 'weak']) })
const RemoveInput = z.strictObject({ backend })
const RemoveOutput = z.strictObject({ backend: z.string() })

/** Storages beside those of the configuration, as far as a person allows them. */
export class RegistryTools {
  readonly #storages: Storages
  readonly #vfs: Vfs

  constructor({ backends, vfs }: Pick<Services, 'backends' | 'vfs'>) {
    this.#storages = backends
    this.#vfs = vfs
  }

  @tool({
    name: 'mbfs_register_backend',
    title: 'Register a storage',
    description: 'Register a storage of a type that the configuration allows, for as long as this server runs.',
    effect: 'write',
    openWorld: true,
    input: RegisterInput,
    output: RegisterOutput,
  })
  async register({ name, type, options }: z.output<typeof RegisterInput>, { signal }: ToolContext): Promise<z.input<typeof RegisterOutput>> {
    if (type === 'storacha') throw overStoracha()
    const { capabilities } = await this.#storages.register({ name, type, options }, { signal })
    return { name, type, capabilities: capabilityNames(capabilities), cas: capabilities.cas }
  }

  @tool({
    name: 'mbfs_list_backends',
    title: 'List the storages',
    description: 'List the configured and registered storages, what each can do and whether it answers.',
    effect: 'read',
    input: z.strictObject({}),
    output: z.strictObject({ backends: z.array(listed) }),
  })
  async list(_: unknown, { signal }: ToolContext): Promise<{ backends: z.input<typeof listed>[] }> {
    const mounts = await this.#vfs.mounts()
    return { backends: await Promise.all(this.#storages.all().map((named) => this.#look(named, mounts, signal))) }
  }

  @tool({
    name: 'mbfs_remove_backend',
    title: 'Remove a registered storage',
    description: 'Remove a storage that was registered, with its mounts; its content stays where it is.',
    effect: 'write',
    input: RemoveInput,
    output: RemoveOutput,
  })
  async remove({ backend: name }: z.output<typeof RemoveInput>): Promise<z.input<typeof RemoveOutput>> {
    if (this.#storages.all().some((each) => each.name === name && each.registered))
      for (const { path } of (await this.#vfs.mounts()).filter((mount) => mount.name === name)) await this.#vfs.unmount(path)
    await this.#storages.remove(name)
    return { backend: name }
  }

  async #look({ name, type, registered }: Named, mounts: readonly MountInfo[], signal: AbortSignal): Promise<z.input<typeof listed>> {
    const own = mounts.filter((mount) => mount.name === name)
    const sum = (of: 'calls' | 'errors' | 'bytes_read' | 'bytes_written'): number => own.reduce((all, { usage }) => all + usage[of], 0)
    const usage = { calls: sum('calls'), errors: sum('errors'), bytes_read: sum('bytes_read'), bytes_written: sum('bytes_written') }
    const { health, capabilities } = await this.#answer(name, AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)]))
    return { name, type, registered, health, capabilities, mounts: own.map(({ path }) => path), usage }
  }

  async #answer(name: string, signal: AbortSignal): Promise<{ health: string; capabilities: string[] }> {
    try {
      const opened = await Promise.race([this.#storages.open(name), tooLate(signal)])
      const capabilities = capabilityNames(opened.capabilities)
      const health = await opened.check({ signal }).then(() => 'ok', wordsOf)
      return { health, capabilities }
    } catch (error) {
      return { health: wordsOf(error), capabilities: [] }
    }
  }
}

const wordsOf = (error: unknown): string => (error instanceof VfsError ? error.message : 'it does not answer')

const tooLate = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new VfsError('TIMEOUT', 'it does not answer yet')), { once: true }))

/** Said before anything is asked for: no option would help. */
const overStoracha = (): VfsError =>
  new VfsError('UNSUPPORTED', 'the public Storacha service takes no writes any more', {
    op: 'register',
    hint: 'Use a backend of type s3, cluster or ipfs instead; what Storacha still holds is read by its CID at /ipfs/<cid>.',
  })
