import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { findKubo } from '../servers/find.ts'
import type { Agent } from './agent.ts'
import type { Stage } from './stage.ts'

/** The same on a real Kubo daemon, which is started, watched and healed. */
export async function engines(stage: Stage): Promise<void> {
  const { page } = stage
  const binary = await findKubo().catch((error: Error) => error)
  if (binary instanceof Error) return page.note(`\nSKIPPED: two engines, one CID, and a daemon that is killed: ${binary.message}`)
  page.step('Both engines give the folder one CID: the node in this process, and a Kubo daemon that polymount starts')
  const embedded = await stage.agent.call('ipfs_add', { from: stage.project, only_hash: true }, 1)
  const agent = await stage.start(['--engine', 'kubo'], { KUBO_BINARY: binary })
  const kubo = await agent.call('ipfs_add', { from: stage.project, name: 'project' }, 1)
  assert.equal(kubo.result['cid'], embedded.result['cid'])
  page.note(`${String((await agent.quietly('ipfs_version', {})).result['engine'])}: the same CID`)
  await killing(stage, agent, String(kubo.result['cid']))
  await stage.start()
}

async function killing(stage: Stage, agent: Agent, cid: string): Promise<void> {
  const { page } = stage
  page.step('The daemon is killed (SIGKILL): calls say what happens next, and it comes back with everything')
  const before = await daemonOf(stage)
  process.kill(before.pid, 'SIGKILL')
  const refused = await until(agent, (answer) => !answer.ok)
  assert.equal(refused.result['error_code'], 'SERVICE_UNAVAILABLE')
  page.note(refused.text.split('\n')[0] ?? '')
  await until(agent, (answer) => answer.ok)
  const after = await daemonOf(stage)
  assert.notEqual(after.pid, before.pid)
  page.note(`process ${before.pid} → ${after.pid}, restarts: ${after.restarts}`)
  const pins = await agent.call('ipfs_pin_ls', { cid }, 1)
  assert.ok(JSON.stringify(pins.result).includes(cid))
}

async function until(agent: Agent, holds: (answer: Awaited<ReturnType<Agent['quietly']>>) => boolean): Promise<Awaited<ReturnType<Agent['quietly']>>> {
  for (;;) {
    const answer = await agent.quietly('ipfs_id', {})
    if (holds(answer)) return answer
    await sleep(50)
  }
}

interface Daemon {
  readonly pid: number
  readonly restarts: number
}

/** As a person sees it. */
async function daemonOf({ home }: Stage): Promise<Daemon> {
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/polymount.cjs', 'services', '--json'], {
    env: { HOME: home, PATH: process.env['PATH'] ?? '' },
  })
  const kubo = (JSON.parse(stdout) as (Daemon & { readonly name: string })[]).find(({ name }) => name === 'kubo')
  if (!kubo) throw new Error('there is no service kubo')
  return kubo
}
