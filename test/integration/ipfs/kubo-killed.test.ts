import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { collect } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { Child } from '../../support/children.ts'
import { temporaryFolder } from '../../support/content.ts'
import { connect } from '../../support/gateway.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { openTestVfs } from '../../support/vfs.ts'

const WRITER = new URL('../../support/kubo-writer.ts', import.meta.url)
const call = { actor: { client: 'test', session: 'after', tool: 'test' } }

beforeEach(needsKubo)

test('a gateway that is killed while it writes into the tree of a Kubo loses nothing that it acknowledged, and leaves nothing half', async () => {
  await using daemon = await KuboDaemon.start({ flags: ['--offline'] })
  await using folder = await temporaryFolder()
  for (const [round, acknowledged] of [0, 1, 2, 4].entries()) {
    const writer = new Child(WRITER, folder.path, daemon.url, `s${round}`)
    for (let i = 0; i <= acknowledged; i++) expect(await writer.line()).toBe(`${i}`)
    await writer.kill()
  }
  const node = await kuboNode({ endpoint: async () => daemon, folder: folder.path, network: 'off', repository: 'test' })
  await using _ = node
  await using t = await openTestVfs({ '/mfs': new MfsBackend(node) }, { folder: folder.path })
  await t.journal.recover()
  const { vfs } = t
  const found = new Map<string, string>()
  for await (const { name, path } of vfs.walk(p('/mfs'), call))
    found.set(name, Buffer.from(await collect((await vfs.open(path, call)).read(), 1 << 20)).toString())
  for (const [round, acknowledged] of [0, 1, 2, 4].entries())
    for (let i = 0; i <= acknowledged; i++) expect(found.get(`s${round}-${i}`)).toBe(Buffer.alloc(i % 3 === 2 ? 200_000 : 10, `${i}`).toString())
  const changes = await vfs.history(p('/mfs'), { ...call, limit: 1000 })
  expect(new Set(changes.map(({ state }) => state)).difference(new Set(['done', 'aborted']))).toEqual(new Set())
  const files = changes.filter(({ place }) => place.shown !== '/mfs/last')
  for (const { place, state } of files) expect(found.has(place.shown.slice('/mfs/'.length)), place.shown).toBe(state === 'done')
  for (const session of ['s3', 's2', 's1', 's0']) expect(await vfs.undo({ session }, call)).toMatchObject({ conflicts: [] })
  expect(await Array.fromAsync(vfs.walk(p('/mfs'), call))).toEqual([])
}, 60_000)

test('a Kubo that hangs leaves a call without an answer only until its deadline, and the others go on', async () => {
  await using daemon = await KuboDaemon.start({ flags: ['--offline'] })
  await using session = await connect({ files: { f: 'near' }, config: { ipfs: { engine: daemon.url, network: 'off' } } })
  await session.call('vfs_write', { path: '/mfs/f', content: 'x' })
  daemon.process.kill('SIGSTOP')
  try {
    const hanging = session.call('ipfs_files_ls', { path: '/' })
    expect((await session.call('vfs_read', { path: `${session.work}/f`, raw: true })).text).toBe('near')
    const mounts = await session.call('vfs_list_mounts')
    expect(mounts.result['mounts']).toContainEqual(expect.objectContaining({ path: '/mfs', health: expect.not.stringMatching(/^ok$/) }))
    expect(await Promise.race([hanging, sleep(100, 'still waiting')])).toBe('still waiting')
    expect((await hanging).result).toMatchObject({ error_code: expect.stringMatching(/^(SERVICE_UNAVAILABLE|TIMEOUT)$/), context: { retryable: true } })
  } finally {
    daemon.process.kill('SIGCONT')
  }
  expect((await session.call('vfs_read', { path: '/mfs/f', raw: true })).text).toBe('x')
}, 120_000)
