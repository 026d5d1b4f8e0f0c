import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { kuboSpec } from '../../../src/services/kubo/spec.ts'
import { runHere as run } from '../../support/io.ts'
import { needsKubo } from '../../support/kubo.ts'
import { emptyPlace, type Place } from '../../support/program.ts'
import { supervise } from '../../support/services.ts'

const folderOf = ({ home }: Place): string => join(home, '.local/share/polymount')

describe('polymount services, with nobody that supervises', () => {
  test('lists what there could be', async () => {
    await using place = await emptyPlace()
    expect(await run(place, ['services'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^SERVICE +STATE.*\nkubo +stopped/) })
    expect(JSON.parse((await run(place, ['services', '--json'])).stdout)).toContainEqual(
      expect.objectContaining({ name: 'kubo', state: 'stopped', pid: null, supervisor: null }),
    )
  })

  test('stops and starts for those that come', async () => {
    await using place = await emptyPlace()
    expect(await run(place, ['services', 'stop', 'kubo'])).toMatchObject({ code: 0, stdout: expect.stringContaining('polymount services start kubo') })
    expect((await run(place, ['services'])).stdout).toContain('stopped by a person')
    expect(await run(place, ['services', 'start', 'kubo'])).toMatchObject({ code: 0, stdout: expect.stringContaining('starts with the next polymount') })
    expect((await run(place, ['services'])).stdout).not.toContain('stopped by a person')
    expect(await run(place, ['services', 'logs', 'kubo'])).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('has written no log yet') })
  })

  test.each([
    [['start'], 'takes list, or one of'],
    [['explode', 'kubo'], 'takes list, or one of'],
    [['stop', 'kubo', 'more'], 'takes list, or one of'],
    [['list', 'kubo'], 'takes list, or one of'],
    [['stop', 'nfs'], 'there is no service nfs; there is '],
  ])('%j is refused', async (args, said) => {
    await using place = await emptyPlace()
    expect(await run(place, ['services', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
  })
})

describe('polymount services, beside a process that supervises', () => {
  beforeEach(needsKubo)

  test('tells, restarts, stops and starts, and shows the log', async () => {
    await using place = await emptyPlace()
    await run(place, ['services']) // makes the data folder
    await using t = await supervise([kuboSpec({ network: 'off', env: { ...place.env, KUBO_BINARY: await findKubo() } })], folderOf(place))
    const { url } = await t.services.endpoint('kubo')
    const before = await t.status('kubo')
    const listed = async (): Promise<string> => (await run(place, ['services'])).stdout
    await expect.poll(listed, { timeout: 20_000 }).toMatch(new RegExp(`kubo +ready +${before.pid} +\\d+ s +0 .*MiB.*${url}`))
    expect(await run(place, ['services', 'restart', 'kubo'])).toMatchObject({ code: 0, stdout: 'kubo is ready\n' })
    expect((await t.status('kubo')).pid).not.toBe(before.pid)
    expect(await run(place, ['services', 'stop', 'kubo'])).toMatchObject({ code: 0 })
    expect(await t.status('kubo')).toMatchObject({ state: 'stopped', held: true, pid: null })
    expect(await run(place, ['services', 'start', 'kubo'])).toMatchObject({ code: 0, stdout: 'kubo is ready\n' })
    expect((await run(place, ['services', 'logs', 'kubo'])).stdout).toContain('Daemon is ready')
  })
})
