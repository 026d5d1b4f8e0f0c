import { expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'
import { onKubo } from '../../support/on-kubo.ts'

const SECRET = 'bearer-of-the-test'
const rights = { 'API.Authorizations': { test: { AuthSecret: `bearer:${SECRET}`, AllowedPaths: ['/api/v0'] } } }

onKubo(
  'a daemon that wants an authorization',
  (daemon) => {
    const engine = daemon.url

    test('serves who has it, content, changes and streams', async () => {
      await using session = await connect({
        config: { ipfs: { engine, network: 'off', authorization: 'env:KUBO_AUTH' } },
        env: { KUBO_AUTH: `Bearer ${SECRET}` },
      })
      const { result } = await session.call('ipfs_add', { content: 'for me alone', to_mfs: '/mine' })
      expect((await session.call('ipfs_cat', { cid: result['cid'] })).result).toMatchObject({ content: 'for me alone' })
      expect((await session.call('vfs_write', { path: '/mfs/other', content: 'x' })).ok).toBe(true)
      expect((await session.call('ipfs_pin_ls', { cid: result['cid'] })).ok).toBe(true)
      expect((await session.call('ipfs_refs_local')).ok).toBe(true)
      expect(session.logged).toEqual([])
    })

    test.each([
      ['none', {}, {}],
      ['another', { authorization: 'env:KUBO_AUTH' }, { KUBO_AUTH: 'Bearer wrong-secret' }],
    ])('tells who has %s what a person does, and nobody the secret', async (_, ipfs, env) => {
      await using session = await connect({ config: { ipfs: { engine, network: 'off', ...ipfs } }, env })
      for (const [tool, args] of [
        ['ipfs_id', {}],
        ['ipfs_add', { content: 'x' }],
        ['ipfs_pin_ls', {}],
        ['ipfs_refs_local', {}],
        ['vfs_write', { path: '/mfs/x', content: 'x' }],
      ] as const) {
        const { result, text } = await session.call(tool, args)
        expect([tool, result['error_code']]).toEqual([tool, 'PERMISSION_DENIED'])
        expect(text).toContain('ipfs.authorization')
        expect(JSON.stringify(result)).not.toContain('wrong-secret')
      }
    })
  },
  { settings: rights, authorization: `Bearer ${SECRET}`, flags: ['--offline'] },
)
