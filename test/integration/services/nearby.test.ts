import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

/** As npm lays the package out: its program comes by an install script, or when its own one is first run. */
async function packaged(modules: string, program: string | undefined): Promise<string> {
  const folder = join(modules, 'kubo')
  for (const name of ['bin', 'src', 'kubo']) await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'kubo', version: '0.43.1', main: 'src/index.js', bin: { ipfs: 'bin/ipfs' } }))
  await writeFile(join(folder, 'src/index.js'), "throw new Error('who loads this may start a download')")
  if (program !== undefined) await symlink(program, join(folder, 'kubo/ipfs'))
  if (program !== undefined) await symlink('../kubo/ipfs', join(folder, 'bin/ipfs'))
  else await writeFile(join(folder, 'bin/ipfs'), "#!/usr/bin/env node\nrequire('..')", { mode: 0o755 })
  return folder
}

describe('a Kubo is found', () => {
  beforeEach(needsKubo)

  /** The path of what is found, or what a person is told to do. */
  const found = async (env: Record<string, string>, ...args: string[]): Promise<string> =>
    (await execa(process.execPath, [FINDER, ...args], { env, extendEnv: false })).stdout

  test('by the configuration, else the variable, else the path, else the npm package beside us', async () => {
    await using folder = await dataFolder()
    const real = await findKubo()
    const [configured, variable, onPath] = ['configured', 'variable', 'ipfs'].map((name) => join(folder.path, name)) as [string, string, string]
    for (const path of [configured, variable, onPath]) await symlink(real, path)
    const modules = join(folder.path, 'node_modules')
    const inPackage = join(await packaged(modules, real), 'kubo/ipfs')
    const all = { KUBO_BINARY: variable, PATH: folder.path, NODE_PATH: modules }
    expect(await found(all, configured)).toBe(configured)
    expect(await found(all)).toBe(variable)
    expect(await found({ ...all, KUBO_BINARY: '' })).toBe(onPath)
    expect(await found({ NODE_PATH: modules })).toBe(inPackage)
    expect(await found({})).toContain('https://docs.ipfs.tech/install')
  })

  test('in an npm package only if that has it already: nothing is downloaded, and a person is told how', async () => {
    await using folder = await dataFolder()
    const kubo = await packaged(folder.path, undefined)
    expect(await found({ NODE_PATH: folder.path })).toContain(`node ${join(kubo, 'bin/ipfs')} version`)
  })
})
