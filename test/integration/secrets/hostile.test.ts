import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { HostileServer, type Malice } from '../../support/hostile-server.ts'
import { bytesBelow, leaksIn } from '../../support/leaks.ts'

let server: HostileServer
beforeAll(async () => void (server = await HostileServer.start()))
afterAll(() => server[Symbol.asyncDispose]())

/** With what wants to be escaped, in each of the forms that are. */
const PASSWORD = 'plant+ed/"pass&word"%7c1f'
const SECRETS = {
  password: PASSWORD,
  header: `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`,
  s3_key: 'plant+ed/s3-key%41&"=',
  session: 'plant+ed/session-token-5d2e',
  bearer: 'planted-bearer-91aa',
  agent_key: 'MgCZplantedAgentKey+/w0000000000000000000000000000000000000000000=',
  query: 'planted-query-token-11c3',
  userinfo: 'planted-userinfo-77aa',
}

async function opened(): Promise<ConnectedGateway> {
  const { url } = server
  const config = {
    ipfs: { engine: url, authorization: 'env:header', network: 'off' },
    agents: { register: ['s3', 'cluster'] },
    secrets: {
      bearer: { from: 'env:bearer', for: [url] },
      userinfo: { from: 'env:userinfo', for: [url] },
      s3_key: { from: 'env:s3_key', for: [url] },
    },
    backends: {
      bucket: {
        type: 's3',
        options: { bucket: 'b', endpoint: url, access_key_id: 'env:bearer', secret_access_key: 'secret:s3_key', session_token: 'env:session' },
      },
      cluster: { type: 'cluster', options: { api: url, authorization: 'env:header' } },
      tokened: { type: 'cluster', options: { api: url, authorization: 'secret:bearer' } },
      space: { type: 'storacha', options: { service_url: url, agent_key: 'env:agent_key', delegation: 'env:session' } },
      web: { type: 'http', options: { files: { '/f': `${url}/f?token={env:query}`, '/g': url.replace('//', '//user:{secret:userinfo}@') } } },
    },
    mounts: ['bucket', 'cluster', 'space', 'web'].map((name) => ({ path: `/${name}`, backend: name })),
  }
  return connect({ config, env: SECRETS, files: { f: 'content' } })
}

const CALLS: readonly (readonly [string, Record<string, unknown>])[] = [
  ...['bucket', 'cluster', 'space', 'web', 'mfs'].flatMap(
    (name) =>
      [
        ['vfs_ls', { path: `/${name}` }],
        ['vfs_read', { path: `/${name}/f` }],
        ['vfs_write', { path: `/${name}/f`, content: 'x' }],
      ] as const,
  ),
  ['vfs_read', { path: '/web/g' }],
  ['vfs_copy', { from: 'WORK/f', to: '/bucket/f' }],
  ['vfs_mount', { path: '/tokened', backend: 'tokened' }],
  [
    'mbfs_register_backend',
    { name: 'own', type: 's3', options: { bucket: 'b2', endpoint: 'URL', access_key_id: 'secret:bearer', secret_access_key: 'secret:s3_key' } },
  ],
  ['mbfs_register_backend', { name: 'own', type: 'cluster', options: { api: 'http://user:INFO@h', authorization: 'secret:bearer' } }],
  ['mbfs_register_backend', { name: 'own', type: 'cluster', options: { api: 'URL', name: 'mine', authorization: 'secret:bearer' } }],
  ['mbfs_list_backends', {}],
  ['vfs_list_mounts', {}],
  ['ipfs_cluster_peers', {}],
  ['ipfs_cluster_pin', { cid: 'bafkqaaa' }],
  ['ipfs_cluster_status', {}],
  ['ipfs_id', {}],
  ['ipfs_version', {}],
  ['ipfs_stats', {}],
  ['ipfs_add', { content: 'x' }],
  ['ipfs_cat', { path: '/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy' }],
  ['ipfs_pin_ls', {}],
  ['ipfs_swarm_peers', {}],
  ['ipfs_name_resolve', { name: 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8' }],
  ['ipfs_pubsub_subscribe', { topic: 't' }],
]

test.each([
  ['echoing', 400],
  ['echoing', 401],
  ['echoing', 403],
  ['echoing', 404],
  ['echoing', 500],
  ['garbled', 200],
  ['redirecting', 307],
  ['silent', 0],
] as const satisfies readonly (readonly [Malice, number])[])('a server that is %s (%i) makes nobody show what it was given', async (malice, status) => {
  Object.assign(server, { malice, status, heard: '', heardElsewhere: '' })
  await using t = await opened()
  const seen: string[] = []
  for (const [tool, args] of CALLS) {
    const given = JSON.parse(JSON.stringify(args).replace('WORK', t.work).replace('URL', server.url).replace('INFO', SECRETS.userinfo)) as Record<
      string,
      unknown
    >
    const told: string[] = []
    const raw = await t.client.callTool({ name: tool, arguments: given }, { onprogress: (progress) => void told.push(JSON.stringify(progress)) })
    seen.push(`${tool} ${JSON.stringify(args)}: ${JSON.stringify(raw)}`, ...told)
  }
  const resources = await t.client.listResources()
  const read = await t.client.readResource({ uri: 'polymount:///bucket/f' }).catch((error: unknown) => inspect(error))
  seen.push(JSON.stringify([resources, read]), inspect(t.logged, { depth: 20 }), await bytesBelow(join(t.work, '../data')))
  expect(seen.flatMap((place) => leaksIn(place, SECRETS).map((leak) => `${place.slice(0, 60)}: ${leak}`))).toEqual([])
  expect(leaksIn(server.heardElsewhere, SECRETS)).toEqual([])
  for (const sent of [SECRETS.header, SECRETS.session, SECRETS.query]) expect(server.heard).toContain(sent) // so that there was something to show
})
