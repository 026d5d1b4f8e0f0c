import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { Policy } from '../../../src/vfs/policy.ts'
import { MountedVfs } from '../../../src/vfs/vfs.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

/** `/all` shows a folder, `/part` its folder `a` by another name; in it lie `x/open` and `x/secret`, and beside it a link to it. */
async function twice(part: { readOnly?: boolean } = {}, rules: { deny?: string[] } = {}) {
  const at = await site()
  await mkdir(at.host('a/x'), { recursive: true })
  for (const name of ['open', 'secret']) await writeFile(at.host(`a/x/${name}`), name)
  await symlink('a', at.host('link'))
  const inner = new LocalBackend({ root: at.host('a') })
  onTestFinished(() => inner[Symbol.asyncDispose]())
  const t = await openTestVfs({ '/all': at.backend, '/part': { backend: inner, ...part } }, rules)
  return { t, host: at.host }
}

/** Another gateway of the same journal, which was given other rules and shows other storages. */
const other = ({ table, journal, events }: TestVfs, content: ConstructorParameters<typeof MountedVfs>[0]['versions']): MountedVfs =>
  new MountedVfs({ table, policy: new Policy(), journal, versions: content, events })

describe('what is read-only by one mount', () => {
  test('is not moved or removed with a folder above it that another mount shows', async () => {
    const { t, host } = await twice({ readOnly: true })
    await using _ = t
    await expect(t.write('/all/a/x/open', 'no')).rejects.toMatchObject({ code: 'READ_ONLY' })
    await mkdir(host('above'))
    await expect(t.vfs.remove(p('/all/a'), { ...call, recursive: true })).rejects.toMatchObject({ code: 'READ_ONLY' })
    const deep = await site({ root: host('') })
    await t.vfs.mount({ path: p('/deep'), name: 'deep', backend: deep.backend, root: p('/a/x'), readOnly: true })
    t.table.remove(p('/part'), false)
    await expect(t.vfs.move(p('/all/a'), p('/all/b'), call)).rejects.toMatchObject({ code: 'MOUNT_INSIDE' })
    await expect(t.vfs.remove(p('/all/a'), { ...call, recursive: true })).rejects.toMatchObject({ code: 'MOUNT_INSIDE' })
    expect(await readFile(host('a/x/open'), 'utf8')).toBe('open')
  })
})

describe('what a rule hides under one name', () => {
  test('is not listed, copied or carried along under another, nor behind a link', async () => {
    const { t } = await twice({}, { deny: ['/part/x/secret'] })
    await using _ = t
    for (const folder of ['/all/a/x', '/all/link/x', '/part/x']) {
      expect(await t.names(folder)).toEqual(['open'])
      await expect(t.text(`${folder}/secret`)).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining(`${folder}/secret is hidden`) })
    }
    await t.vfs.copy(p('/all/a/x'), p('/all/copy'), call)
    expect(await t.names('/all/copy')).toEqual(['open'])
    for (const change of [t.vfs.move(p('/all/a/x'), p('/all/b'), call), t.vfs.remove(p('/all/a/x'), { ...call, recursive: true })])
      await expect(change).rejects.toMatchObject({ code: 'DENIED' })
  })
})

describe('a mount of a part of a storage', () => {
  test('is not left by a link that the storage would follow', async () => {
    const { backend, host } = await site()
    for (const folder of ['part', 'beside']) await mkdir(host(folder))
    await writeFile(host('beside/f'), 'outside')
    await writeFile(host('part/f'), 'inside')
    await symlink('../beside', host('part/out'))
    await symlink('../beside/f', host('part/file'))
    await symlink('f', host('part/in'))
    await using t = await openTestVfs({ '/part': { backend, root: p('/part') } })
    expect(await t.text('/part/in')).toBe('inside')
    const outside = { code: 'OUTSIDE_ROOT' }
    for (const path of ['/part/file', '/part/out/f']) {
      await expect(t.text(path)).rejects.toMatchObject(outside)
      await expect(t.write(path, 'x')).rejects.toMatchObject(outside)
      await expect(t.vfs.copy(p(path), p('/part/copy'), call)).rejects.toMatchObject(outside)
      await expect(t.vfs.history(p(path), { ...call, limit: 1 })).rejects.toMatchObject(outside)
    }
    await expect(t.names('/part/out')).rejects.toMatchObject(outside)
    await expect(t.vfs.remove(p('/part/out/f'), call)).rejects.toMatchObject(outside)
    await t.vfs.remove(p('/part/out'), call)
    expect([await t.names('/part'), await readFile(host('beside/f'), 'utf8')]).toEqual([['f', 'file', 'in'], 'outside'])
  })
})

describe('changes that another gateway of the data folder made', () => {
  const hidden = { deny: ['.env'] }
  const large = () => Promise.reject(new Error('nothing here is large'))
  const content = { guard: large, put: large, read: () => [] as never, has: async () => false }

  test('of hidden paths are in no history, and no id leads to them', async () => {
    await using t = await openTestVfs({ '/m': {} }, hidden)
    const free = other(t, content)
    const { change } = await free.write(p('/m/.env'), Buffer.from('SECRET'), call)
    await t.write('/m/f', 'x')
    expect((await t.vfs.history(p('/m'), { ...call, limit: 9 })).map(({ place }) => place.shown)).toEqual(['/m/f'])
    const refusal = await t.vfs.undo({ change: change! }, call).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'DENIED', path: undefined })
    expect(JSON.stringify([refusal, String(refusal)])).not.toContain('.env')
    await expect(t.vfs.undo({ session: 'current' }, call)).rejects.toMatchObject({ code: 'DENIED' })
    await expect(t.vfs.version(p('/m/f'), change!, call)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
  })

  test('stay as they are when what was done around them is undone', async () => {
    await using t = await openTestVfs({ '/m': {}, '/from': {} }, hidden)
    const free = other(t, content)
    for (const name of ['.env', 'd/f']) await free.write(p(`/from/${name}`), Buffer.from(name), { ...call, parents: true })
    const since = new Date()
    await free.write(p('/m/.env'), Buffer.from('SECRET'), call)
    await free.copy(p('/from'), p('/m/copy'), call)
    await t.write('/m/f', 'x')
    const undone = await t.vfs.undo({ path: p('/m'), since }, call)
    expect(undone.conflicts).toEqual([])
    expect(JSON.stringify(undone)).not.toContain('.env')
    expect(await t.names('/m')).toEqual(['copy'])
    expect(await Array.fromAsync(free.list(p('/m/copy'), call), ({ name }) => name)).toEqual(['.env'])
    expect(await Array.fromAsync(free.list(p('/m'), call), ({ name }) => name)).toEqual(['.env', 'copy'])
  })

  test('that took something out of sight are refused as a whole', async () => {
    await using t = await openTestVfs({ '/m': {} }, hidden)
    const free = other(t, content)
    await t.write('/m/f', 'x')
    const since = new Date()
    await free.move(p('/m/f'), p('/m/.env'), call)
    const refusal = await t.vfs.undo({ path: p('/m'), since }, call).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'DENIED', hint: expect.stringContaining('vfs_history') })
    expect(JSON.stringify([refusal, String(refusal)])).not.toContain('.env')
  })

  test('fill their pages all the same', async () => {
    await using t = await openTestVfs({ '/m': {} }, hidden)
    const free = other(t, content)
    for (let i = 0; i < 6; i++) await free.write(p(i % 3 === 0 ? '/m/f' : '/m/.env'), Buffer.from(String(i)), call)
    expect((await t.vfs.history(p('/m'), { ...call, limit: 2 })).map(({ place }) => place.shown)).toEqual(['/m/f', '/m/f'])
  })

  test('of storages that are not served here tell no path, and those of served ones are told by the names of here', async () => {
    const backend = new MemoryBackend()
    await using t = await openTestVfs({ '/elsewhere': {}, '/there': backend })
    const { change } = await t.write('/elsewhere/plan', 'x')
    const { change: seen } = await t.write('/there/f', 'x')
    const { change: removed } = await t.vfs.remove(p('/there/f'), call)
    await t.vfs.undo({ change: removed! }, call)
    await t.vfs.move(p('/elsewhere/plan'), p('/there/plan'), call)
    for (const path of ['/elsewhere', '/there']) await t.vfs.unmount(p(path))
    await t.vfs.mount({ path: p('/here'), name: 'here', backend, root: ROOT })
    const told = await t.vfs.history(p('/here'), { ...call, limit: 9 })
    expect(told.map(({ place, from }) => [place.shown, from])).toEqual([['/here/plan', null], ...Array.from({ length: 3 }, () => ['/here/f', null])])
    const unkept = { code: 'VERSION_NOT_FOUND', message: expect.stringContaining('/here/f') }
    await expect(t.vfs.version(p('/here/f'), removed!, call)).rejects.toMatchObject(unkept)
    const refusal = await t.vfs.undo({ change: change!, dryRun: true }, call).catch((error: unknown) => error)
    expect(JSON.stringify([refusal, String(refusal)])).not.toContain('plan')
    expect((await t.vfs.undo({ change: seen!, dryRun: true }, call)).undone).toMatchObject([{ path: '/here/f' }])
    await t.write('/here/f', 'y')
    expect((await t.vfs.undo({ change: seen! }, call)).conflicts).toMatchObject([{ path: '/here/f' }])
  })
})
