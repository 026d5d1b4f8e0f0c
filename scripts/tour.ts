import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, realpath, rm, stat, watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from './tour/agent.ts'
import { GIB, lineAt, writeGibibyte } from './tour/material.ts'
import { Page } from './tour/page.ts'
import { treeOf } from './tour/tree.ts'

/** The main job, against real files, through a real MCP client over stdio. What it prints it has checked. */
const root = await realpath(await mkdtemp(join(tmpdir(), 'polymount-tour-')))
try {
  await tour(root)
} finally {
  await rm(root, { recursive: true, force: true })
}

async function tour(root: string): Promise<void> {
  const page = new Page()
  const work = join(root, 'work')
  const home = join(root, 'home')
  await Promise.all([mkdir(work), mkdir(home)])
  const packages = await realpath('node_modules')
  const large = join(work, 'large.txt')
  const serve = [`${packages}:ro`, work, '--toolsets', 'all']

  page.step('A gateway serves the packages of this repository (read-only) and a folder to work in, with a file of 1 GiB')
  await writeGibibyte(large)
  let agent = await Agent.start(page, serve, home)
  await agent.call('vfs_list_mounts', {}, 4)

  page.step('List, find, search')
  const listed = await agent.call('vfs_ls', { path: packages, limit: 5 }, 8)
  assert.ok(listed.ok)
  const found = await agent.call('vfs_find', { path: packages, glob: '**/zod/package.json', ignored: true }, 4)
  assert.match(found.text, /zod\/package\.json/)
  const hits = await agent.call('search_content', { path: join(packages, 'zod'), pattern: 'discriminatedUnion', glob: '*.d.ts', ignored: true, limit: 5 }, 6)
  assert.match(hits.text, /discriminatedUnion/)

  page.step('Read lines out of the middle of 1 GiB, without reading the rest')
  const middle = GIB / 64 / 2
  const lines = await agent.call('vfs_read', { path: large, offset: middle, limit: 3 }, 5)
  assert.ok(lines.text.includes(lineAt(middle)))

  page.step('Copy a package into the work folder: across mounts, one change')
  const project = join(work, 'project')
  const copied = await agent.call('vfs_copy', { from: join(packages, 'zod'), to: project, recursive: true }, 3)
  assert.ok(copied.ok)
  const before = await treeOf(project)

  page.step('Edit with a diff')
  const readme = join(project, 'package.json')
  const read = await agent.quietly('vfs_read', { path: readme })
  const edit = { path: readme, old_string: '"name": "zod"', new_string: '"name": "my-zod"' }
  const edited = await agent.call('vfs_edit', edit, 12)
  assert.match(edited.text, /\+ +"name": "my-zod"/)

  page.step('A lost update is refused: the etag is of what was read before the edit')
  const lost = await agent.call('vfs_write', { path: readme, content: '{}', if_match: read.result['etag'] }, 2)
  assert.equal(lost.result['error_code'], 'CONFLICT')

  page.step('Add the folder to IPFS, and read a file back by its CID')
  const added = await agent.call('ipfs_add', { from: project, name: 'project' }, 3)
  assert.ok(added.ok)
  const byCid = await agent.call('vfs_read', { path: `/ipfs/${String(added.result['cid'])}/package.json`, limit: 4 }, 5)
  assert.match(byCid.text, /my-zod/)

  page.step('Delete the folder by mistake, and undo it')
  const changed = await treeOf(project)
  const removed = await agent.call('vfs_remove', { path: project, recursive: true }, 3)
  await assert.rejects(stat(project), { code: 'ENOENT' })
  const undone = await agent.call('vfs_undo', { change: removed.result['change'] }, 3)
  assert.ok(undone.ok)
  assert.deepEqual(await treeOf(project), changed)
  page.note(`${changed.size} files are back, byte for byte`)

  page.step('Undo the edit too')
  assert.ok((await agent.call('vfs_undo', { change: edited.result['change'] }, 3)).ok)
  assert.deepEqual(await treeOf(project), before)

  page.step('The history of the project')
  const history = await agent.call('vfs_history', { path: project }, 8)
  assert.match(history.text, /undo/)

  page.step('The gateway is killed (SIGKILL) in the middle of copying 1 GiB')
  const target = join(work, 'copy.txt')
  await killedWhileCopying(agent, large, target, work)
  await assert.rejects(stat(target), { code: 'ENOENT' })

  page.step('Its successor finds the change, and nothing is half done')
  agent = await Agent.start(page, serve, home)
  await using _ = agent
  const gone = await agent.call('vfs_stat', { path: target }, 2)
  assert.equal(gone.result['error_code'], 'NOT_FOUND')
  await agent.call('vfs_history', { path: target }, 4)
  assert.deepEqual((await readdir(work)).toSorted(), ['large.txt', 'project'])
  page.end()
}

/** The copy has begun when something stands in the folder that was not there. */
async function killedWhileCopying(agent: Agent, from: string, to: string, folder: string): Promise<void> {
  const changes = watch(folder)[Symbol.asyncIterator]()
  const begun = changes.next()
  const copy = agent.call('vfs_copy', { from, to }).then(
    () => assert.fail('the copy was finished before it could be interrupted'),
    () => undefined,
  )
  await Promise.race([begun, copy])
  await agent.kill()
  await copy
}
