import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, expect, test } from 'vitest'
import { unique } from '../../contract/node/make.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { temporaryFolder, text } from '../../support/content.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { machine } from '../../support/machine.ts'

beforeEach(needsKubo)

/** A delegated router that knows of these alone. */
async function router(providers: Readonly<Record<string, { readonly peer: string; readonly addresses: readonly string[] }>>) {
  const server = createServer((request, response) => {
    const found = providers[request.url?.split('?')[0]?.split('/').at(-1) ?? '']
    const records = found
      ? [{ Schema: 'peer', ID: found.peer, Addrs: found.addresses.map((one) => one.split('/p2p/')[0]), Protocols: ['transport-bitswap'] }]
      : []
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ Providers: records }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close }
}

test('a Kubo that is connected to nobody and has a delegated router asks that', async () => {
  await using other = await machine({ network: 'node' })
  const content = unique()
  const { cid } = await other.node.add(bytesOf(content))
  await other.node.pins.add(cid)
  await using known = await router({ [cid]: await other.node.identity() })
  await using daemon = await KuboDaemon.start({ settings: { Routing: { Type: 'autoclient', DelegatedRouters: [known.url] } } })
  await using folder = await temporaryFolder()
  await using node = await kuboNode({ endpoint: async () => daemon, folder: folder.path, network: 'client', repository: 'test' })
  expect(await node.swarm.connections()).toEqual([])
  expect(await Array.fromAsync(node.routing.findProviders(rawCid(Buffer.from(unique())), { limit: 1 }))).toEqual([])
  expect(await text(node.read(cid))).toBe(content)
})
