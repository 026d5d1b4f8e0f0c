import { describe, expect, test } from 'vitest'
import { environment } from '../../../src/services/kubo/environment.ts'
import { urlOf } from '../../../src/services/kubo/api.ts'
import { kuboSpec } from '../../../src/services/kubo/spec.ts'
import { configured, type Network, type Peering } from '../../../src/services/kubo/settings.ts'

const fresh = {
  Identity: { PeerID: 'p' },
  Addresses: { Swarm: ['/ip4/0.0.0.0/tcp/4001'], API: '/ip4/0.0.0.0/tcp/5001', NoAnnounce: [] },
  DNS: { Resolvers: { '.': 'auto', eth: 'x' } },
  Datastore: {
    Spec: {
      type: 'mount',
      mounts: [
        { type: 'flatfs', mountpoint: '/blocks', sync: false },
        { type: 'levelds', mountpoint: '/' },
      ],
    },
  },
}
const made = (network: Network, peering: Peering = {}) => configured(fresh, { network, peering, secret: 's3cret', ports: { api: 1, gateway: 2, swarm: 3 } })

describe('the configuration of a repository of our own', () => {
  test.each(['off', 'client', 'node'] as const)('%s: only the loopback address for RPC and gateway, and RPC for us alone', (network) => {
    expect(made(network)).toMatchObject({
      Identity: { PeerID: 'p' },
      Addresses: { API: '/ip4/127.0.0.1/tcp/1', Gateway: '/ip4/127.0.0.1/tcp/2', NoAnnounce: [] },
      API: { Authorizations: { polymount: { AuthSecret: 'bearer:s3cret', AllowedPaths: ['/api/v0'] } } },
      Pubsub: { Enabled: true },
    })
  })

  test('off: nothing of the network', () => {
    expect(made('off')).toMatchObject({
      Addresses: { Swarm: [] },
      AutoConf: { Enabled: false },
      Bootstrap: [],
      DNS: { Resolvers: {} },
      Routing: { Type: 'none' },
      Discovery: { MDNS: { Enabled: false } },
    })
    expect(made('off')['DNS']).toEqual({ Resolvers: {} })
  })

  test('client: listens nowhere, provides and serves nothing', () => {
    expect(made('client')).toMatchObject({
      Addresses: { Swarm: [] },
      Routing: { Type: 'autoclient' },
      Provide: { Enabled: false },
      Bitswap: { ServerEnabled: false },
      Bootstrap: ['auto'],
    })
  })

  test('node: listens at its own port, provides pins and the mutable tree', () => {
    expect(made('node')).toMatchObject({
      Addresses: { Swarm: expect.arrayContaining(['/ip4/0.0.0.0/tcp/3', '/ip6/::/udp/3/quic-v1']) },
      Provide: { Enabled: true, Strategy: 'pinned+mfs' },
      Bitswap: { ServerEnabled: true },
    })
  })

  test('a network of its own: nothing of the public one', () => {
    const peer = '/ip4/10.0.0.1/tcp/4001/p2p/12D3KooWPeer'
    const own = made('node', { listen: ['/ip4/10.0.0.2/tcp/4001'], peers: [peer], routers: [] })
    expect(own).toMatchObject({
      AutoConf: { Enabled: false },
      Addresses: { Swarm: ['/ip4/10.0.0.2/tcp/4001'] },
      Bootstrap: [peer],
      Peering: { Peers: [{ ID: '12D3KooWPeer', Addrs: ['/ip4/10.0.0.1/tcp/4001'] }] },
      Routing: { DelegatedRouters: [] },
      Ipns: { DelegatedPublishers: [] },
    })
    expect(own['DNS']).toEqual({ Resolvers: {} })
    expect(made('off', { peers: [peer] })).toMatchObject({ Bootstrap: [], Peering: { Peers: [] } })
  })

  test('blocks reach the disk before they are acknowledged', () => {
    expect(made('off')['Datastore']).toEqual({
      Spec: {
        type: 'mount',
        mounts: [
          { type: 'flatfs', mountpoint: '/blocks', sync: true },
          { type: 'levelds', mountpoint: '/' },
        ],
      },
    })
  })
})

test.each([
  ['/ip4/127.0.0.1/tcp/5001', 'http://127.0.0.1:5001'],
  ['/ip4/0.0.0.0/tcp/5001', 'http://127.0.0.1:5001'],
  ['/ip6/::/tcp/5001', 'http://[::1]:5001'],
  ['/dns4/localhost/tcp/5001/http', 'http://localhost:5001'],
  ['/unix/var/run/kubo.sock', undefined],
  ['', undefined],
])('%s is %s', (address, url) => {
  expect(urlOf(address)).toBe(url)
})

test('a memory limit of many gigabytes is that', () => {
  expect(kuboSpec({ network: 'off', env: {}, memoryLimitMb: 4096 }).memoryLimit).toBe(4 * 1024 ** 3)
})

test('the daemon sees no secret of ours', () => {
  expect(environment({ PATH: '/bin', AWS_SECRET_ACCESS_KEY: 'x', POLYMOUNT_HTTP_TOKEN: 'x', https_proxy: 'p', IPFS_PATH: '/mine' }, '/repo')).toEqual({
    PATH: '/bin',
    https_proxy: 'p',
    IPFS_PATH: '/repo',
    IPFS_TELEMETRY: 'off',
  })
})
