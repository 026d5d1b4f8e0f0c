import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { findServer } from '../../scripts/servers/find.ts'
import { CLUSTER } from '../../scripts/servers/programs.ts'
import { endServer } from './end-server.ts'
import { KuboDaemon } from './kubo.ts'
import { freePort } from './s3.ts'
import { requires } from './requires.ts'

/** `beforeEach(needsCluster)` of the tests that run a real cluster. */
export const needsCluster = requires('IPFS Cluster', async () => (await findServer(CLUSTER)) !== '')

/** One peer of a cluster, and the Kubo that it pins in. */
export interface ClusterPeer {
  readonly name: string
  readonly id: string
  readonly kubo: KuboDaemon
  /** Of its REST API. */
  readonly api: string
  readonly process: ChildProcess
  readonly folder: string
}

/** Peers on the loopback address, each over a Kubo of its own, that know each other and nobody else. */
export class TestCluster implements AsyncDisposable {
  readonly peers: readonly ClusterPeer[]

  private constructor(peers: readonly ClusterPeer[]) {
    this.peers = peers
  }

  /** `env`: settings of every peer beside ours. */
  static async start(count = 3, env: Readonly<Record<string, string>> = {}): Promise<TestCluster> {
    const kubos = await Promise.all(Array.from({ length: count }, () => KuboDaemon.start()))
    await introduce(kubos)
    const secret = randomBytes(32).toString('hex')
    const peers: ClusterPeer[] = []
    let first: string | undefined
    for (const [at, kubo] of kubos.entries()) {
      const peer = await startPeer({ name: `peer-${at}`, kubo, secret, first, env })
      first ??= peer.address
      peers.push(peer)
    }
    const cluster = new TestCluster(peers)
    await cluster.allocates(count)
    return cluster
  }

  get api(): string {
    return this.peers[0]?.api ?? ''
  }

  /** Resolves once every peer that lives would give content to so many. */
  async allocates(count: number): Promise<void> {
    for (const { api } of this.peers) for (const metric of ['ping', 'freespace']) while ((await metricsOf(api, metric)) < count) await sleep(50)
  }

  async kill({ process, kubo }: ClusterPeer): Promise<void> {
    for (const dying of [process, kubo.process]) dying.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.peers.map(({ process, folder }) => endServer(process, folder)))
    await Promise.all(this.peers.map(({ kubo }) => kubo[Symbol.asyncDispose]()))
  }
}

/** Of peers that have told it lately. */
async function metricsOf(api: string, name: string): Promise<number> {
  const response = await fetch(`${api}/monitor/metrics/${name}`)
  return response.ok ? ((await response.json()) as readonly unknown[]).length : 0
}

async function introduce(kubos: readonly KuboDaemon[]): Promise<void> {
  for (const [at, { addresses }] of kubos.entries()) {
    const address = addresses.find((one) => one.includes('/ip4/127.0.0.1/tcp/')) ?? ''
    for (const kubo of kubos.slice(at + 1)) await kubo.rpc('swarm/connect', [address])
  }
}

interface Start {
  readonly name: string
  readonly kubo: KuboDaemon
  readonly secret: string
  /** Whom it joins. */
  readonly first: string | undefined
  readonly env: Readonly<Record<string, string>>
}

async function startPeer({ name, kubo, secret, first, env: more }: Start): Promise<ClusterPeer & { readonly address: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-cluster-'))
  const [swarm, rest, proxy, pinning] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const at = (port: number | string): string => `/ip4/127.0.0.1/tcp/${port}`
  const node = at(new URL(kubo.url).port)
  const env = {
    ...process.env,
    IPFS_CLUSTER_PATH: folder,
    CLUSTER_PEERNAME: name,
    CLUSTER_SECRET: secret,
    CLUSTER_LISTENMULTIADDRESS: at(swarm),
    CLUSTER_RESTAPI_HTTPLISTENMULTIADDRESS: at(rest),
    CLUSTER_IPFSPROXY_LISTENMULTIADDRESS: at(proxy),
    CLUSTER_PINSVCAPI_HTTPLISTENMULTIADDRESS: at(pinning),
    CLUSTER_IPFSHTTP_NODEMULTIADDRESS: node,
    CLUSTER_IPFSPROXY_NODEMULTIADDRESS: node,
    CLUSTER_CRDT_TRUSTEDPEERS: '*',
    CLUSTER_MONITORPINGINTERVAL: '2s',
    CLUSTER_PEERWATCHINTERVAL: '1s',
    CLUSTER_DISABLEREPINNING: 'false',
    CLUSTER_PUBSUBMON_CHECKINTERVAL: '1s',
    CLUSTER_DISK_METRICTTL: '2s',
    CLUSTER_TAGS_METRICTTL: '2s',
    ...more,
  }
  const program = await findServer(CLUSTER)
  await execa(program, ['init'], { env })
  const { id } = JSON.parse(await readFile(join(folder, 'identity.json'), 'utf8')) as { readonly id: string }
  const child = spawn(program, ['daemon', ...(first === undefined ? [] : ['--bootstrap', first])], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    await ready(child)
  } catch (error) {
    await endServer(child, folder)
    throw error
  }
  return { name, id, kubo, folder, process: child, api: `http://127.0.0.1:${rest}`, address: `${at(swarm)}/p2p/${id}` }
}

async function ready(child: ChildProcess): Promise<void> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('the peer has no output')
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const said: string[] = []
  const isReady = await Promise.race([stdout, stderr].map((output) => seen(createInterface({ input: output }), said)))
  clearTimeout(late)
  for (const output of [stdout, stderr]) output.resume()
  if (!isReady) throw new Error(`the peer did not become ready:\n${said.slice(-20).join('\n')}`)
}

async function seen(lines: AsyncIterable<string>, said: string[]): Promise<boolean> {
  for await (const line of lines) {
    said.push(line)
    if (line.includes('IPFS Cluster is READY')) return true
  }
  return false
}
