import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { vfsPath, type VfsPath } from '../core/path.ts'
import { holdsSecret } from '../core/secret-parts.ts'

/** What each type of backend takes in the configuration, by type. */
export type BackendOptions = Readonly<Record<string, { readonly options: z.ZodObject }>>

const names = z.array(z.string().min(1))
const absolute = z.string().refine(isAbsolute, 'must be an absolute path')
/** A secret never stands in the configuration itself, so that the file can be shown and kept anywhere. */
const reference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/, 'must refer to the secret as "env:VARIABLE" or "file:/path"')
const plain = (url: z.ZodURL) => url.refine((text) => !holdsSecret(text), 'must hold no user, password or token')
const mountPath = z.string().transform(checkedPath)

// Most configurations name no secret, mount or storage, and making schemas takes a good part of a start: these are made when there is one.
const secret = z.lazy(() =>
  z.strictObject({
    from: reference,
    for: z.array(plain(z.url())).min(1).describe('The only endpoints that it is ever sent to'),
  }),
)

const mount = z.lazy(() =>
  z.strictObject({
    path: mountPath.describe('Where it stands in the file system that agents see'),
    backend: z.string().describe('A name from `backends`'),
    root: mountPath.optional().describe('Where in the backend the mount begins'),
    read_only: z.boolean().default(false),
    versions: z.enum(['on', 'off']).default('on').describe('off: what changes replace is not kept and cannot be brought back'),
  }),
)

/** What can be said of a storage of any type. */
const ofAnyType = () => {
  const rate = z.int().min(1024)
  const limits = z.strictObject({
    calls: z.int().min(1).exactOptional().describe('Questions at once, and as many changes'),
    download: rate.exactOptional().describe('Bytes per second, of all reads together'),
    upload: rate.exactOptional().describe('Bytes per second, of all writes together'),
  })
  return {
    limits: limits.exactOptional(),
    cache_ms: z
      .int()
      .min(0)
      .max(3_600_000)
      .exactOptional()
      .describe('For so long what the storage said of a file is believed without asking again: what others change shows later; 0: always ask'),
  }
}

const http = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; any but a loopback address needs a token'),
  port: z.int().min(0).max(65_535).default(4280),
  token: reference.optional().describe('Bearer token that every request must carry'),
  allowed_hosts: names.default([]).describe('Host headers that are accepted beside the loopback names'),
  allowed_origins: names.default([]).describe('Origins of web pages that may call the server'),
})

const kubo = z.strictObject({
  binary: absolute.optional().describe('The program; else $KUBO_BINARY, PATH, or the npm package kubo'),
  repo: absolute.optional().describe('Use this repository of yours instead of an own one; nothing in its configuration is changed'),
  memory_limit_mb: z.int().min(128).optional().describe('The daemon is restarted when it takes more'),
})

const addresses = z.array(z.string().regex(/^\/(ip4|ip6|dns|dns4|dns6|dnsaddr)\//, 'must be a multiaddress such as /ip4/192.0.2.7/tcp/4001/p2p/12D3Koo…'))
const services = z.array(plain(z.url({ protocol: /^https?$/ })))

const peering = z.strictObject({
  listen: addresses.exactOptional().describe('Addresses to listen on, in network mode node'),
  peers: addresses.exactOptional().describe('Peers to stay connected to, with their ids'),
  gateways: services.exactOptional().describe('Trustless gateways that the embedded node fetches blocks from'),
  routers: services.exactOptional().describe('Delegated routers, which know who has what'),
})

const AN_ENGINE = 'must be embedded, kubo, or the http(s) URL of a Kubo daemon'

const ipfs = z.strictObject({
  engine: z
    .union([z.enum(['embedded', 'kubo']), z.url({ protocol: /^https?$/, error: AN_ENGINE })])
    .default('embedded')
    .describe('embedded: a node in this process; kubo: a daemon that is started and watched; else the URL of a running daemon'),
  network: z
    .enum(['off', 'client', 'node'])
    .default('client')
    .describe('off: no traffic; client: fetches, listens nowhere; node: listens, provides and answers'),
  peering: peering.prefault({}).describe('Whom the node knows, unless it is a daemon of yours; what is not named here is the public network'),
  authorization: reference.optional().describe('Authorization header for the daemon at the URL'),
  fallback: z
    .enum(['none', 'embedded'])
    .default('none')
    .describe('embedded: the node in this process serves if Kubo cannot be started when the gateway starts; its pins and files are other ones'),
  kubo: kubo.prefault({}),
})

const rclone = z.strictObject({
  binary: absolute.optional().describe('The program; else $RCLONE_BINARY or PATH'),
  config_file: absolute.optional().describe("Where its remotes stand, if not in rclone's own place"),
})

const lassie = z.strictObject({
  daemon: z.boolean().default(false).describe('lassie_fetch asks a lassie that is started and watched, instead of fetching in this process'),
  binary: absolute.optional().describe('The program; else $LASSIE_BINARY or PATH'),
  private_addresses: z.boolean().default(false).describe('Agents may name providers on this machine and in private networks'),
})

const tools = z.strictObject({
  paths: z.array(absolute).default([]).describe('Folders with more *.tools.js files; loaded again on SIGHUP'),
  include: names.default([]).describe('Tools to offer beside those of the toolsets'),
  exclude: names.default([]).describe('Tools not to offer'),
})

/** The one schema of the configuration: file, environment and flags. `forAgents`: the types that agents may be allowed to register. */
export const configSchema = (backends: BackendOptions, forAgents: readonly string[]) =>
  z.strictObject({
    $schema: z.string().optional().describe('For editors'),
    data_dir: absolute.describe('Folder of the journal, the blocks and /local'),
    read_only: z.boolean().default(false).describe('Nothing can be changed through this gateway'),
    deny: names.default([]).describe('Globs of paths that agents can neither read nor change; every source adds to them'),
    toolsets: names.min(1).default(['core']).describe('Toolsets to offer'),
    tools: tools.prefault({}),
    mounts: z.array(mount).default([]).describe('Mounts of every process, beside the folders of its command line'),
    backends: z
      .record(
        z.string().min(1),
        z.lazy(() => backend(backends)),
      )
      .default({})
      .describe('Storages by the name that mounts and agents use'),
    agents: z
      .strictObject({ register: z.array(registrable(forAgents)).default([]) })
      .prefault({})
      .describe('What agents may do beyond using what is configured: types of backends that they may register'),
    secrets: z.record(z.string().min(1), secret).default({}).describe('Secrets that agents may use by name, as secret:NAME'),
    ipfs: ipfs.prefault({}),
    rclone: rclone.prefault({}),
    lassie: lassie.prefault({}),
    http: http.prefault({}),
  })

export type ConfigSchema = ReturnType<typeof configSchema>
export type Config = z.output<ConfigSchema>

export interface ConfiguredBackend {
  readonly type: string
  readonly options: Record<string, unknown>
  readonly limits?: { readonly calls?: number; readonly download?: number; readonly upload?: number }
  readonly cache_ms?: number
}

/** What other types reach by their options only a person may name. */
const registrable = (forAgents: readonly string[]) =>
  z.enum(forAgents, { error: `must be one of ${forAgents.join(', ')}: other types reach whatever their options name, so a person configures them` })

/** One member per type, so that a wrong option is named together with its right neighbour. */
function backend(types: BackendOptions): z.ZodType<ConfiguredBackend> {
  const common = ofAnyType()
  const members = Object.entries(types).map(([type, { options }]) => z.strictObject({ type: z.literal(type), options: options.prefault({}), ...common }))
  const [first, ...rest] = members
  return first ? z.discriminatedUnion('type', [first, ...rest], { error: `type must be one of ${Object.keys(types).join(', ')}` }) : z.never()
}

function checkedPath(input: string, context: z.RefinementCtx): VfsPath {
  try {
    return vfsPath(input)
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error))
    return z.NEVER
  }
}
