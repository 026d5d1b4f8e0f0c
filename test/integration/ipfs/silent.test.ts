import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { KuboPubsub } from '../../../src/ipfs/kubo/pubsub.ts'
import { Rpc } from '../../../src/ipfs/kubo/rpc.ts'
import { codeOf } from '../../contract/support.ts'

test('a Kubo that takes a subscription and never answers is waited for no longer than anything else', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rpc = new Rpc(async () => ({ url }))
  const pubsub = new KuboPubsub(() => rpc)
  const nothing = (): void => {}
  expect(await codeOf(pubsub.subscribe('t', nothing, nothing, { timeoutMs: 200 }))).toBe('TIMEOUT')
  const gone = AbortSignal.timeout(100)
  expect(await codeOf(pubsub.subscribe('t', nothing, nothing, { signal: gone }))).toBe('CANCELLED')
  server.closeAllConnections()
  server.close()
})
