import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stage } from './stage.ts'
import { treeOf } from './tree.ts'

/** Work on files, and every way to take it back. */
export async function changing(stage: Stage): Promise<void> {
  await copyingAcrossMounts(stage)
  const before = await treeOf(stage.project)
  const edit = await editing(stage)
  await publishing(stage)
  await deletingByMistake(stage)
  stage.page.step('Undo the edit as well')
  assert.ok((await stage.agent.call('vfs_undo', { change: edit })).ok)
  assert.deepEqual(await treeOf(stage.project), before)
  stage.page.note(`all ${before.size} files are as they were copied`)
  await lookingBack(stage)
}

async function copyingAcrossMounts({ page, agent, packages, project }: Stage): Promise<void> {
  page.step('Copy a package into the work folder: across mounts, and one change')
  assert.ok((await agent.call('vfs_copy', { from: join(packages, 'zod'), to: project, recursive: true })).ok)
}

async function editing({ page, agent, project }: Stage): Promise<unknown> {
  const path = join(project, 'package.json')
  page.step('Edit a file, and see the diff')
  const { result: read } = await agent.quietly('vfs_read', { path })
  const edited = await agent.call('vfs_edit', { path, old_string: '"name": "zod"', new_string: '"name": "my-zod"' }, 8)
  assert.match(edited.text, /\+ +"name": "my-zod"/)
  page.step('A lost update is refused: somebody else holds the file as it was before the edit')
  const lost = await agent.call('vfs_write', { path, content: '{}', if_match: read['etag'] })
  assert.equal(lost.result['error_code'], 'CONFLICT')
  return edited.result['change']
}

async function publishing({ page, agent, project }: Stage): Promise<void> {
  page.step('Add the folder to IPFS, and read a file back by its CID')
  const { result } = await agent.call('ipfs_add', { from: project, name: 'project' })
  const file = await agent.call('vfs_read', { path: `/ipfs/${String(result['cid'])}/package.json`, limit: 3 })
  assert.match(file.text, /my-zod/)
}

async function deletingByMistake({ page, agent, project }: Stage): Promise<void> {
  page.step('Delete the folder by mistake, and undo it')
  const before = await treeOf(project)
  const removed = await agent.call('vfs_remove', { path: project, recursive: true })
  await assert.rejects(stat(project), { code: 'ENOENT' })
  assert.ok((await agent.call('vfs_undo', { change: removed.result['change'] })).ok)
  assert.deepEqual(await treeOf(project), before)
  page.note(`${before.size} files are back, byte for byte`)
}

async function lookingBack({ page, agent, project }: Stage): Promise<void> {
  page.step('The history of the folder')
  const { text } = await agent.call('vfs_history', { path: project }, 8)
  assert.match(text, /undo/)
}
