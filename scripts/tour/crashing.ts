import assert from 'node:assert/strict'
import { readdir, stat, watch } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stage } from './stage.ts'

/** The gateway dies in the middle of a change, and the next one settles it. */
export async function crashing(stage: Stage): Promise<void> {
  const { page, work, large } = stage
  const target = join(work, 'copy.txt')
  page.step('The gateway is killed (SIGKILL) in the middle of copying 1 GiB')
  await killedWhileCopying(stage, large, target)
  await assert.rejects(stat(target), { code: 'ENOENT' })
  page.note(`in the folder now: ${(await readdir(work)).join(', ')}`)

  page.step('The next gateway finds the change that nobody finished: nothing is half done')
  const agent = await stage.start()
  const gone = await agent.call('vfs_stat', { path: target })
  assert.equal(gone.result['error_code'], 'NOT_FOUND')
  const { text } = await agent.call('vfs_history', { path: target })
  assert.match(text, /aborted/)
  assert.deepEqual((await readdir(work)).toSorted(), ['large.txt', 'project'])
  page.note('in the folder now: large.txt, project')
}

/** The copy has begun when something stands in the folder that was not there. */
async function killedWhileCopying({ agent, work }: Stage, from: string, to: string): Promise<void> {
  const watching = watch(work)[Symbol.asyncIterator]()
  const begun = watching.next()
  const copy = agent.call('vfs_copy', { from, to }).then(
    () => assert.fail('the copy had ended before it could be interrupted'),
    () => undefined,
  )
  await begun
  await watching.return?.()
  await agent.kill()
  await copy
}
