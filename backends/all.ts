import { z } from 'zod'
import type { LocalContent } from '../src/content/store.ts'
import type { Backend, Call } from '../src/core/backend.ts'
import { vfsPath } from '../src/core/path.ts'
import { filled, holdsSecret, referencesIn } from '../src/core/secret-parts.ts'
import type { IpfsNode } from '../src/ipfs/types.ts'
import { BREAKER, HERE, RETRY, type Usual } from '../src/layers/usual.ts'
import type { StorageType, StorageTypes } from '../src/storages/storage-type.ts'
import { anything, boundBucket, boundCluster, servedFolder, someMemory } from './agents.ts'

/** What a backend may need beside its options. */
export interface BackendParts {
  /** No backend ever serves it. */
  readonly dataFolder: string
  /** Nothing can be changed through this gateway. */
  readonly readOnly: boolean
  readonly content: LocalContent
  readonly ipfs: IpfsNode
  /** The value of a reference that the configuration holds, if it may be sent to this endpoint. */
  secret(reference: string, endpoint: string): Promise<string>
  /** A storage says that something is wrong with a part of it, which still serves. */
  alerted(volume: string, alert: { readonly peer: string; readonly name: string; readonly triggered_at: string }): void
  /** Where a program beside us answers; it is started when it is first asked for. */
  service(name: 'rclone', call: Call): Promise<{ readonly url: string; readonly authorization?: string | undefined }>
}

type BackendType = StorageType<BackendParts>

/** The schema is made when a storage of the type is named, and never compiled: a start has no time for either. */
function type<O extends z.ZodObject>(
  usual: Usual,
  makeOptions: () => O,
  open: (options: z.output<O>, parts: BackendParts, call: Call) => Promise<Backend>,
  forAgents?: BackendType['forAgents'],
): BackendType {
  let made: O | undefined
  const options = (): O => (made ??= makeOptions())
  return {
    usual,
    get options() {
      return options()
    },
    open: (given, parts, call) => open(options().parse(given, { jitless: true }), parts, call),
    forAgents,
  }
}

const secret = () =>
  z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+|secret:.+)$/, 'must refer to the secret as "env:VARIABLE", "file:/path" or "secret:NAME"')

const IN_CLEAR = 'holds a secret; a part of it may be written as {env:VARIABLE} or {file:/path}'

const plainUrl = (instead: string) =>
  z.url({ protocol: /^https?$/ }).refine((url) => !holdsSecret(url) && referencesIn(url).length === 0, `must hold no user, password or token: ${instead}`)

const fileUrl = () =>
  z
    .string()
    .refine((url) => /^https?:/.test(url) && URL.canParse(withoutReferences(url)), 'must be a URL of http or https')
    .refine((url) => !holdsSecret(url), IN_CLEAR)

/** rclone gets what a reference stands for as one value. */
const remoteName = () =>
  z
    .string()
    .min(1)
    .refine((remote) => !holdsSecret(remote), `${IN_CLEAR}, or left to the configuration of rclone`)
    .refine(
      (remote) => !/\{secret:|[^=]\{(env|file):|\{(env|file):[^}]*\}(?![,:])/.test(remote),
      'takes {env:VARIABLE} and {file:/path} as a whole value: name={env:VARIABLE}',
    )

const MIB = 1 << 20
const MOST_PART = 512 * MIB

const s3Options = () =>
  z.strictObject({
    bucket: z.string().min(1),
    prefix: z.string().optional().describe('Where in the bucket the root is'),
    endpoint: plainUrl('access_key_id and secret_access_key are for them').optional().describe('Of another server than AWS'),
    region: z.string().min(1).optional(),
    path_style: z.boolean().optional().describe('The bucket in the path and not in the host name; the default for an endpoint'),
    access_key_id: secret().optional().describe("Without keys those of the environment or the profile are used, as AWS's own tools do"),
    secret_access_key: secret().optional(),
    session_token: secret().optional(),
    compat: z.boolean().optional().describe('For servers that do not know the checksums of 2025'),
    part_size: z
      .int()
      .min(5 * MIB)
      .max(MOST_PART)
      .optional()
      .describe('Bytes of each part of a large upload, two of which are held in memory'),
  })

const clusterOptions = () =>
  z.strictObject({
    api: plainUrl('authorization is for them').describe('Of the REST API, such as http://127.0.0.1:9094'),
    authorization: secret().optional().describe('Authorization header for it'),
    name: z.string().min(1).default('polymount').describe('Of the pin that is the root of the tree'),
    replication_min: z.int().min(-1).optional().describe('Peers that must have the content; -1: all'),
    replication_max: z.int().min(-1).optional(),
    ipfs_api: plainUrl('name a Kubo that needs none').optional().describe('RPC of a Kubo that reaches the content, for what is not on this machine'),
  })

const storachaOptions = () =>
  z.strictObject({
    service_url: plainUrl('agent_key and delegation are for them').describe(
      'Of an upload service that you or somebody else hosts: the public one has taken no writes since 2026-05-15',
    ),
    service_did: z.string().startsWith('did:').optional().describe('By default did:web of the host'),
    agent_key: secret().describe('Private key of the agent, as Mg…'),
    delegation: secret().describe('From the space to the agent, as base64: space/blob/add, space/index/add, upload/add, upload/list, upload/remove'),
    space: z.string().startsWith('did:key:').optional().describe('By default that of the delegation; it should hold nothing else'),
    gateway: plainUrl('name a gateway that needs none').optional().describe('Trustless gateway that has the space, for what is not on this machine'),
  })

const httpOptions = () =>
  z.strictObject({ files: z.record(z.string().startsWith('/'), fileUrl()).describe('URL of each file, by its path; a secret in it as {env:VARIABLE}') })

async function s3Credentials(options: z.output<ReturnType<typeof s3Options>>, parts: Pick<BackendParts, 'secret'>) {
  const { access_key_id: id, secret_access_key: key, session_token: token } = options
  if (id === undefined || key === undefined) return undefined
  const endpoint = options.endpoint ?? 'https://s3.amazonaws.com'
  return {
    accessKeyId: await parts.secret(id, endpoint),
    secretAccessKey: await parts.secret(key, endpoint),
    ...(token !== undefined && { sessionToken: await parts.secret(token, endpoint) }),
  }
}

const withoutReferences = (url: string): string => referencesIn(url).reduce((text, reference) => text.replace(`{${reference}}`, 'x'), url)

const filledUrl = (url: string, parts: Pick<BackendParts, 'secret'>): Promise<string> =>
  filled(url, (reference) => parts.secret(reference, withoutReferences(url)), encodeURIComponent)

/** Every type of backend by its name. Each is loaded when the first mount needs it. */
export const BACKENDS: StorageTypes<BackendParts> = {
  local: type(
    HERE,
    () =>
      z.strictObject({
        root: z.string().startsWith('/').describe('Absolute path of a folder'),
        within: z.string().startsWith('/').optional().describe('Real path of a folder: root is served as long as it lies in there, wherever links lead'),
        umask: z
          .string()
          .regex(/^0?0[0-7]{2}$/, 'must be octal, such as "022" or "002"; the owner keeps all rights')
          .optional()
          .describe('Rights that new files and folders do not get, in octal; by default that of the process'),
      }),
    async ({ root, within, umask }, { dataFolder }) => {
      const { LocalBackend } = await import('./local/local.ts')
      const backend = new LocalBackend({ root, within, dataFolder, umask: umask === undefined ? undefined : Number.parseInt(umask, 8) })
      await backend.check() // a root that comes later comes as a new mount: where rules hide files of the disk is looked up with each
      return backend
    },
    servedFolder,
  ),
  memory: type(
    HERE,
    () => z.strictObject({ max_bytes: z.int().positive().optional().describe('What all content together may take') }),
    async ({ max_bytes }) => {
      const { MemoryBackend } = await import('./memory/memory.ts')
      return new MemoryBackend({ maxBytes: max_bytes })
    },
    someMemory,
  ),
  ipfs: type(
    { timeout: { ms: 120_000 }, retry: RETRY, cacheMs: 1000 },
    () => z.strictObject({}),
    async (_, { ipfs }) => {
      const { IpfsBackend } = await import('./ipfs/ipfs.ts')
      return new IpfsBackend(ipfs)
    },
    anything,
  ),
  mfs: type(
    HERE,
    () => z.strictObject({}),
    async (_, { ipfs }) => {
      const { MfsBackend } = await import('./mfs/mfs.ts')
      return new MfsBackend(ipfs)
    },
    anything,
  ),
  s3: type(
    // The SDK repeats what may be repeated, and gives up a server that is silent.
    { timeout: { ms: 120_000, writeMs: 600_000 }, breaker: BREAKER, cacheMs: 2000 },
    s3Options,
    async (options, parts, call) => {
      const { openS3 } = await import('./s3/s3.ts')
      const { path_style: pathStyle, part_size: partBytes, ...rest } = options
      return openS3({ ...rest, pathStyle, partBytes, readOnly: parts.readOnly, credentials: await s3Credentials(options, parts) }, call)
    },
    boundBucket,
  ),
  cluster: type(
    { timeout: { ms: 300_000 }, retry: RETRY, breaker: BREAKER },
    clusterOptions,
    async ({ api, authorization, ipfs_api: url, ...options }, parts) => {
      const [{ openCluster }, { Cluster }, { TheirKubo }] = await Promise.all([
        import('./cluster/cluster.ts'),
        import('../src/cluster/client.ts'),
        import('../src/services/kubo/theirs.ts'),
      ])
      const kubo = url === undefined ? undefined : new TheirKubo({ url })
      const header = authorization === undefined ? undefined : await parts.secret(authorization, api)
      return openCluster({ ...options, ...parts, kubo, cluster: new Cluster({ api, authorization: header }) })
    },
    boundCluster,
  ),
  storacha: type(
    // Its client repeats by itself.
    { timeout: { ms: 300_000 }, breaker: BREAKER },
    storachaOptions,
    async ({ service_url: url, service_did: did = `did:web:${new URL(url).hostname}`, agent_key, ...options }, parts) => {
      const { openStoracha } = await import('./storacha/storacha.ts')
      const [agentKey, delegation] = await Promise.all([parts.secret(agent_key, url), parts.secret(options.delegation, url)])
      return openStoracha({ ...options, ...parts, url, did, agentKey, delegation })
    },
  ),
  // Many servers: one that is down says nothing of the others.
  http: type({ timeout: { ms: 60_000 }, retry: RETRY, cacheMs: 5000 }, httpOptions, async ({ files }, parts) => {
    const { HttpBackend } = await import('./http/http.ts')
    const named = new Map(Object.entries(files).map(([path, url]) => [vfsPath(path), url]))
    const urls = [...named].map(async ([path, url]) => [path, await filledUrl(url, parts)] as const)
    return new HttpBackend(new Map(await Promise.all(urls)), named)
  }),
  rclone: type(
    // It repeats by itself.
    { timeout: { ms: 120_000, writeMs: 600_000 }, breaker: BREAKER },
    () => z.strictObject({ remote: remoteName().describe('As rclone names it: `name:path`, or `:sftp,host=…,pass={env:VARIABLE}:path`') }),
    async ({ remote }, parts, call) => {
      const { openRclone } = await import('./rclone/rclone.ts')
      return openRclone({ remote, secret: (reference) => parts.secret(reference, 'rclone'), endpoint: (asked) => parts.service('rclone', asked) }, call)
    },
  ),
}
