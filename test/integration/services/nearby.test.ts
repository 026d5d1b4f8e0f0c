import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { connect } from '../../support/gateway.ts'
import { runHere } from '../../support/io.ts'
import { needsKubo } from '../../support/kubo.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { emptyPlace } from '../../support/program.ts'
import { dataFolder } from '../../support/services.ts'

const FINDER = fileURLToPath(new URL('../../support/kubo-finder.ts', import.meta.url))

onKubo(
  'a person who has a daemon already',
  (daemon) => {
    const told = expect.stringContaining(`answers at ${daemon.url}; to work with its pins and files, a person starts polymount with --engine ${daemon.url}`)

    test('is told by vfs_list_mounts how to use it, and not where it is used already', async () => {
      await using beside = await connect({ env: { IPFS_PATH: daemon.folder } })
      expect((await beside.call('vfs_list_mounts')).result['notes']).toEqual([told])
      await using on = await connect({ env: { IPFS_PATH: daemon.folder }, config: { ipfs: { engine: daemon.url, network: 'off' } } })
      expect((await on.call('vfs_list_mounts')).result['notes']).toEqual([])
    })

    test('is told by doctor too', async () => {
      await using place = await emptyPlace()
      const { stdout } = await runHere(place, ['doctor', '--json'], { env: { IPFS_PATH: daemon.folder, POLYMOUNT_IPFS_NETWORK: 'off' } })
      expect(JSON.stringify(JSON.parse(stdout))).toContain(`--engine ${daemon.url}`)
    })
  },
  { flags: ['--offline'] },
)

describe('the npm package kubo, installed beside us', () => {
  beforeEach(needsKubo)

  test('is where the program is found if it is on no path', async () => {
    await using folder = await dataFolder()
    const program = join(folder.path, 'kubo/kubo/ipfs')
    await mkdir(dirname(program), { recursive: true })
    await symlink(await findKubo(), program)
    const found = async (env: Record<string, string>): Promise<string> => (await execa(process.execPath, [FINDER], { env, extendEnv: false })).stdout
    expect(await found({})).toContain('there is no Kubo on this machine')
    expect(await found({ NODE_PATH: folder.path })).toBe(await findKubo())
  })
})
