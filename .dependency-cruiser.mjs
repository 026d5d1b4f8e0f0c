/**
 * The rooms, and what each may import beside itself (ARCHITECTURE.md). A room that is not listed here may import
 * nothing of ours, so a new one has to be given its place.
 */
const rooms = {
  core: [],
  layers: ['core'],
  sqlite: ['core'],
  content: ['core', 'sqlite'],
  journal: ['core', 'sqlite'],
  ipfs: ['core', 'content', 'sqlite'],
  cluster: ['core'],
  services: ['core', 'sqlite'],
  text: ['core'],
  vfs: ['core', 'layers', 'content', 'journal'],
  search: ['core', 'vfs'],
  sync: ['core', 'sqlite', 'content', 'ipfs', 'vfs'],
  retrieval: ['core', 'content', 'ipfs'],
  registry: ['core', 'cluster', 'vfs', 'content', 'ipfs', 'retrieval', 'search', 'storages', 'sync'],
  config: ['core'],
  storages: ['core', 'layers', 'config', 'vfs'],
  engines: ['core', 'content', 'ipfs', 'services', 'config'],
  mcp: ['core', 'vfs', 'ipfs', 'registry'],
}
const ENTRIES = 'gateway\\.ts$|commands/|main\\.ts$'
const TOOL_MAY =
  'src/(core|cluster|text|vfs|journal|content|retrieval|search|sync)/|src/storages/types\\.ts$|src/ipfs/(dag/)?[^/]+\\.ts$|src/registry/(tool|services|path-input|shown)\\.ts$'

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

const roomRule = ([room, allowed]) =>
  forbid(
    `room-${room}`,
    `src/${room} imports only ${[room, ...allowed].join(', ')}`,
    { path: `^src/${room}/` },
    {
      path: '^(src|backends|tools)/',
      pathNot: `^src/(${[room, ...allowed].join('|')})/`,
    },
  )

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(rooms).map(roomRule),
    forbid(
      'every-room-has-a-place',
      'give a new room its line in the table of this file',
      { path: '^src/', pathNot: `^src/((${Object.keys(rooms).join('|')})/|${ENTRIES})` },
      { path: '^(src|backends|tools)/' },
    ),
    forbid(
      'only-gateway-imports-backends',
      'storages are put together in one place',
      { path: '^(src|tools)/', pathNot: '^src/gateway\\.ts$' },
      { path: '^backends/' },
    ),
    forbid(
      'a-backend-knows-only-core',
      'the IPFS ones know ipfs and content too',
      { path: '^backends/(?!ipfs/|mfs/|cluster/|storacha/|all\\.ts|agents\\.ts)' },
      { path: '^(src|tools)/', pathNot: '^src/core/' },
    ),
    forbid(
      'an-ipfs-backend-knows-ipfs',
      'and core, content and the client of a cluster, nothing else',
      { path: '^backends/(ipfs|mfs|cluster|storacha)/' },
      { path: '^(src|tools)/', pathNot: '^src/(core|ipfs|content|cluster)/' },
    ),
    forbid('backends-are-strangers', 'only backends/all.ts knows them all', { path: '^backends/([^/]+)/' }, { path: '^backends/', pathNot: '^backends/$1/' }),
    forbid('a-tool-knows-services', 'never a backend, a transport or HTTP', { path: '^tools/' }, { path: '^(src|backends)/', pathNot: `^(${TOOL_MAY})` }),
    forbid('nobody-imports-a-tool', 'tools are discovered', { path: '^(src|backends)/' }, { path: '^tools/' }),
    forbid(
      'nobody-imports-an-entry',
      'main.ts, its commands and gateway.ts stand on top',
      { path: '^(src|backends|tools)/', pathNot: '^src/(main\\.ts$|commands/)' },
      { path: `^src/(${ENTRIES})` },
    ),
    forbid('no-circle', 'a circle is a missing room', {}, { circular: true }),
    forbid('no-script-or-test', 'what ships never needs what does not', { path: '^(src|backends|tools)/' }, { path: '^(scripts|test)/' }),
    forbid('only-what-resolves', 'a module that is not there', {}, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
  },
}
