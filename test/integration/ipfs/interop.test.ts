import { access } from 'node:fs/promises'
import { beforeEach, expect, test } from 'vitest'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'

beforeEach(needsKubo)

test('a real daemon answers on the loopback address alone, and leaves nothing behind', async () => {
  const daemon = await KuboDaemon.start()
  expect(daemon.addresses).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3/)])
  expect(await daemon.run(['add', '-Q'], 'hello world')).toBe('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')
  await daemon[Symbol.asyncDispose]()
  expect(daemon.process.exitCode).toBe(0)
  await expect(access(daemon.folder)).rejects.toThrow('ENOENT')
})
