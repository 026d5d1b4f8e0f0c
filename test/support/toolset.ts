import { vfsPath } from '../../src/core/path.ts'
import { EventBus } from '../../src/core/events.ts'
import { Registry, type RegistryOptions } from '../../src/registry/registry.ts'
import type { Services } from '../../src/registry/services.ts'
import type { Inboxes } from '../../src/ipfs/inboxes.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import type { McpParts } from '../../src/mcp/parts.ts'

/** Stands where a test needs nothing: touching it fails the test. */
const nothing: object = new Proxy(
  {},
  {
    get: (_, name) => {
      throw new Error(`the test has no ${String(name)}`)
    },
  },
)

export type TestRegistry = Partial<RegistryOptions> & { readonly classes?: Readonly<Record<string, unknown>> }

/** A registry of a test's own toolset classes. */
export const registryOf = async ({ classes, ...options }: TestRegistry): Promise<Registry> =>
  Registry.open({
    services: nothing as Services,
    builtin: classes === undefined ? [] : [{ file: 'test/test.tools.ts', exports: classes }],
    around: { served: [vfsPath('/work')], home: '/home/me', mountOf: async (path) => /^\/[^/]*/.exec(path)?.[0] },
    absent: () => undefined,
    log: () => {},
    events: new EventBus(),
    ...options,
  })

export const partsOf = (registry: Registry, events = new EventBus()): McpParts => ({
  tools: registry.view({ toolsets: ['all'] }),
  vfs: nothing as Vfs,
  inboxes: nothing as Inboxes,
  events,
  served: [{ path: vfsPath('/work'), readOnly: false }],
  log: () => {},
  version: '0.0.0-test',
})
