import { expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { LOOPBACK, machine } from '../../support/machine.ts'

/** What ipfs_add says of who can fetch a content, pinned or not, and whether a peer of these addresses can. */
async function toldAndFound(ipfs: Readonly<Record<string, unknown>>, peers?: readonly string[]) {
  await using session = await connect({ config: { ipfs } })
  const { addresses } = (await session.call('ipfs_id')).result as { addresses: string[] }
  await using peer = await machine({ network: 'client', peering: { ...LOOPBACK, peers: peers ?? addresses, fetchTimeoutMs: 5000 } })
  const found = []
  for (const pin of [true, false]) {
    const { cid, reachable } = (await session.call('ipfs_add', { content: `${session.work} ${pin}`, pin })).result as { cid: string; reachable: string }
    const fetched = await peer.node.blocks.get(cid).then(
      () => true,
      () => false,
    )
    found.push({ pin, fetched, onlyHere: reachable.startsWith('this machine only') })
  }
  return found
}

test('of the embedded node peers get what is pinned, and ipfs_add says so', async () => {
  expect(await toldAndFound({ network: 'node', peering: LOOPBACK })).toEqual([
    { pin: true, fetched: true, onlyHere: false },
    { pin: false, fetched: false, onlyHere: true },
  ])
})

onKubo('ipfs_add', (daemon) => {
  test.each(['node', 'client', 'off'])(
    'says that whoever asks a daemon on the network gets all that it has, also where we keep off it (%s)',
    async (network) => {
      expect(await toldAndFound({ engine: daemon.url, network }, daemon.addresses)).toEqual([
        { pin: true, fetched: true, onlyHere: false },
        { pin: false, fetched: true, onlyHere: false },
      ])
    },
  )
})
