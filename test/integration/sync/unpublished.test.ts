import { describe, expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'
import { LOOPBACK } from '../../support/machine.ts'
import { onKubo } from '../../support/on-kubo.ts'

/** On a node that may use the network and is connected to nobody. */
function unpublished(ipfs: () => Record<string, unknown>): void {
  test('a sync whose name nobody could be told fails with the CID, and with the way to publish it', async () => {
    await using session = await connect({ files: { 'src/a.txt': 'one' }, config: { ipfs: ipfs() } })
    const at = `${session.work}/src`
    const { ok, result, text } = await session.call('vfs_sync_to_ipfs', { path: at, publish_name: 'self' })
    const { cid } = (await session.call('ipfs_add', { from: at, pin: false })).result
    expect([ok, result]).toMatchObject([false, { error_code: 'NO_PEERS', context: { cid, key: 'self' } }])
    expect(text).toContain(`ipfs_name_publish, cid ${String(cid)} and key self`)
    expect((await session.call('ipfs_pin_ls', { cid })).ok).toBe(true)
    const published = await session.call('ipfs_name_publish', { cid, key: 'self', offline: true })
    expect(published.result).toMatchObject({ value: `/ipfs/${String(cid)}` })
    expect(session.logged).toEqual([])
  })

  test('a key that is not there is refused before anything is read', async () => {
    await using session = await connect({ files: { 'src/a.txt': 'one' }, config: { ipfs: ipfs() } })
    const sync = async (options: object) => (await session.call('vfs_sync_to_ipfs', { path: `${session.work}/src`, ...options })).result
    expect(await sync({ publish_name: 'nobody' })).toMatchObject({ error_code: 'KEY_NOT_FOUND' })
    expect(await sync({})).toMatchObject({ added: 1, reused: 0 })
  })
}

describe('in this process', () => {
  unpublished(() => ({ network: 'client', peering: LOOPBACK }))
})

onKubo('a name', (daemon) => {
  unpublished(() => ({ network: 'client', engine: daemon.url }))
})
