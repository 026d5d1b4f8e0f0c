import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { Store } from '../../../src/services/store.ts'
import type { ServiceSpec } from '../../../src/services/types.ts'
import { Child } from '../../support/children.ts'
import { dataFolder, echo, isRunning, supervise } from '../../support/services.ts'

const USER = new URL('user.ts', import.meta.url)
const UNRECORDED = new URL('unrecorded.ts', import.meta.url)
const children: Child[] = []
const child = (script: URL, ...args: string[]): Child => {
  const started = new Child(script, ...args)
  children.push(started)
  return started
}
afterEach(() => Promise.all(children.splice(0).map((each) => each.kill())))

const at = async (url: string): Promise<{ pid: number; child: number }> => (await (await fetch(url)).json()) as { pid: number; child: number }
const pidAt = async (url: string): Promise<number> => (await at(url)).pid

const PARENT = 'parent'

/** What somebody started who was killed then: it has a child, which does not end when it is asked to. */
async function orphaned(folder: string): Promise<{ readonly pid: number; readonly left: number }> {
  const first = child(USER, folder, PARENT)
  const { pid, child: left } = await at(await first.line())
  await first.kill()
  for (const each of [pid, left]) expect(await isRunning(each)).toBe(true)
  return { pid, left }
}

describe('after kill -9 of the process that supervised', () => {
  test('the next one adopts what is healthy, and loses none of its output', async () => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path)
    const url = await first.line()
    const pid = await pidAt(url)
    await first.kill()
    expect(await isRunning(pid)).toBe(true)
    await fetch(`${url}/say?text=said to nobody`)
    await using t = await supervise([echo()], folder.path)
    expect(await t.services.endpoint('echo')).toMatchObject({ url })
    expect(await t.status()).toMatchObject({ pid, supervisor: process.pid, state: 'ready' })
    await expect.poll(() => readFile(join(folder.path, 'logs/echo.log'), 'utf8')).toContain('said to nobody')
    await fetch(`${url}/crash`).catch(() => {})
    expect((await t.until((now) => now.state === 'ready' && now.pid !== pid)).failures).toBe(1)
  })

  test('what still runs is told of as it was, and what has ended too as stopped', async () => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path)
    const url = await first.line()
    const pid = await pidAt(url)
    await first.kill()
    await using t = await supervise([echo()], folder.path)
    expect(await t.status()).toMatchObject({ state: 'ready', pid, url, startedAt: expect.any(Number), supervisor: null })
    process.kill(pid, 'SIGKILL')
    await t.until((now) => now.state === 'stopped')
    expect(await t.status()).toMatchObject({ pid: null, url: null, startedAt: null, usage: null, notes: [], supervisor: null })
  })

  test('what was not ours, and was only used, is told of as stopped', async () => {
    await using folder = await dataFolder()
    await using elsewhere = await dataFolder()
    await using theirs = await supervise([echo()], elsewhere.path)
    const { url } = await theirs.services.endpoint('echo')
    const first = child(USER, folder.path, '', url)
    expect(await first.line()).toBe(url)
    await using t = await supervise([echo()], folder.path)
    expect(await t.status()).toMatchObject({ state: 'ready', pid: null, url })
    await first.kill()
    expect(await t.status()).toMatchObject({ state: 'stopped', pid: null, url: null, notes: [] })
  })

  test.for([
    ['parent', 'dies'],
    ['parent of an heir', 'dies'],
    ['parent', 'is stopped'],
    ['parent of an heir', 'is stopped'],
  ] as const)('the next one ends the children of a %s that it has adopted and that %s', async ([mode, end]) => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path, mode)
    const url = await first.line()
    const { pid, child: left } = await at(url)
    await first.kill()
    await using t = await supervise([echo({ mode, stop: { signal: 'SIGTERM', graceMs: 1000 } })], folder.path)
    expect(await t.services.endpoint('echo')).toMatchObject({ url })
    expect([(await t.status()).pid, await isRunning(left)]).toEqual([pid, true])
    if (end === 'dies') await fetch(`${url}/crash`).catch(() => {})
    else await t.services.wish('echo', 'stop')
    await t.until((now) => now.state === (end === 'dies' ? 'ready' : 'stopped') && now.pid !== pid)
    await expect.poll(() => isRunning(left)).toBe(false)
  })

  test('the next one ends what hangs, with its children, and starts anew', async () => {
    await using folder = await dataFolder()
    const { pid, left } = await orphaned(folder.path)
    process.kill(pid, 'SIGSTOP')
    await using t = await supervise([echo({ settings: PARENT })], folder.path, { answerMs: 1000 })
    await t.services.endpoint('echo')
    expect(await t.status()).toMatchObject({ state: 'ready', failures: 0 })
    for (const each of [pid, left]) await expect.poll(() => isRunning(each)).toBe(false)
  })

  test('the next one ends what was started with other settings, with its children', async () => {
    await using folder = await dataFolder()
    const { pid, left } = await orphaned(folder.path)
    await using t = await supervise([echo({ settings: 'other' })], folder.path)
    expect(await pidAt((await t.services.endpoint('echo')).url)).not.toBe(pid)
    for (const each of [pid, left]) await expect.poll(() => isRunning(each)).toBe(false)
  })

  test('the next one ends what it cannot hear, with its children, and starts anew', async () => {
    await using folder = await dataFolder()
    const { pid, left } = await orphaned(folder.path)
    await rm(join(folder.path, 'services/echo/output.pipe'))
    await using t = await supervise([echo({ settings: PARENT })], folder.path)
    await t.services.endpoint('echo')
    expect(await t.status()).toMatchObject({ state: 'ready', failures: 0 })
    for (const each of [pid, left]) await expect.poll(() => isRunning(each)).toBe(false)
    expect(await readFile(join(folder.path, 'logs/echo.log'), 'utf8')).toContain(`--- process ${pid} is ended: its output.pipe is gone\n`)
  })

  test.skipIf(process.platform !== 'linux')('the next one ends the children of what has died since', async () => {
    await using folder = await dataFolder()
    const { pid, left } = await orphaned(folder.path)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => isRunning(pid)).toBe(false)
    expect(await isRunning(left)).toBe(true)
    await using t = await supervise([echo({ settings: PARENT })], folder.path)
    await t.services.endpoint('echo')
    await expect.poll(() => isRunning(left)).toBe(false)
  })

  test.for(['', ' whose pipe is gone'])('a person can stop what it has left%s, with its children, without any process that supervises', async (gone) => {
    await using folder = await dataFolder()
    const { pid, left } = await orphaned(folder.path)
    if (gone !== '') await rm(join(folder.path, 'services/echo/output.pipe'))
    await using t = await supervise([echo({ settings: PARENT })], folder.path)
    await t.services.wish('echo', 'stop')
    expect(await t.status()).toMatchObject({ state: 'stopped', held: true, pid: null })
    for (const each of [pid, left]) await expect.poll(() => isRunning(each)).toBe(false)
  })

  test('a process that was not recorded yet has ended by itself', async () => {
    await using folder = await dataFolder()
    const starter = child(UNRECORDED, folder.path)
    const pid = Number(await starter.line())
    expect(await isRunning(pid)).toBe(true)
    await starter.kill()
    await expect.poll(() => isRunning(pid)).toBe(false)
  })
})

test('a group that has got the number of ours, and whose leader has died too, is not touched', async () => {
  await using folder = await dataFolder()
  const leader = spawn('/bin/sh', ['-c', '/bin/sleep 1000 >/dev/null 2>&1 & echo $!'], { detached: true, cwd: '/' })
  const [stranger] = await Promise.all([text(leader.stdout), once(leader, 'exit')]).then(([line]) => [Number(line)])
  await using store = await Store.open(folder.path, ['echo'])
  await store.record('echo', { pid: leader.pid ?? 0, born: 'long ago', settings: '', ports: '{}', started_at: 0 })
  {
    await using t = await supervise([echo()], folder.path)
    await t.services.endpoint('echo')
  }
  expect(await isRunning(stranger ?? 0)).toBe(true)
  process.kill(stranger ?? 0, 'SIGKILL')
})

test('a process that has got the number of ours is not touched', async () => {
  await using folder = await dataFolder()
  const other = spawn('/bin/sleep', ['1000'], { detached: true })
  const ended = once(other, 'exit')
  const store = await Store.open(folder.path, ['echo'])
  const recorded = { pid: other.pid ?? null, born: 'another time', settings: '', ports: '{}', started_at: 0 }
  await store.record('echo', recorded)
  await store[Symbol.asyncDispose]()
  {
    await using t = await supervise([echo()], folder.path)
    await t.services.endpoint('echo')
    expect((await t.status()).pid).not.toBe(other.pid)
  }
  expect([other.exitCode, other.signalCode]).toEqual([null, null])
  other.kill('SIGKILL')
  await ended
})

describe('where the reader of its output changes in the middle of a secret', () => {
  /** A program that has said a part of its secret, which its reader has read; and how it says more. */
  async function halfSaid(folder: string, url: string, said: number) {
    const secret = await readFile(join(folder, 'services/echo/secret'), 'utf8')
    const log = (): Promise<string> => readFile(join(folder, 'logs/echo.log'), 'utf8')
    await fetch(`${url}/begin?text=${encodeURIComponent(`read\n${secret.slice(0, said)}`)}`)
    await expect.poll(log).toContain('read\n')
    const parts = Array.from({ length: secret.length - 4 }, (_, i) => secret.slice(i, i + 5))
    const told = async (): Promise<string[]> => {
      const logged = await log()
      return parts.filter((part) => logged.includes(part))
    }
    return { told, end: () => fetch(`${url}/say?text=${secret.slice(said)} and more`), log }
  }

  test.for([6, 20, 38])('by kill -9, after %i characters of it: no part of it is logged', async (said) => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path)
    const url = await first.line()
    const half = await halfSaid(folder.path, url, said)
    await first.kill()
    await using t = await supervise([echo()], folder.path)
    await t.services.endpoint('echo')
    await half.end()
    await expect.poll(half.log).toContain('*** and more\n')
    expect(await half.told()).toEqual([])
  })

  test.for([6, 20, 38])('by leaving, after %i characters of it: no part of it is logged', async (said) => {
    await using folder = await dataFolder()
    const first = await supervise([echo()], folder.path)
    const { url } = await first.services.endpoint('echo')
    await using t = await supervise([echo()], folder.path)
    await t.services.endpoint('echo')
    const half = await halfSaid(folder.path, url, said)
    await first[Symbol.asyncDispose]()
    await t.until(({ supervisor, state }) => supervisor === process.pid && state === 'ready')
    await half.end()
    await expect.poll(half.log).toContain('*** and more\n')
    expect(await half.told()).toEqual([])
  })
})

describe('several processes on one data folder', () => {
  test('share one service, and another takes over when the first is killed', async () => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path)
    const url = await first.line()
    await using t = await supervise([echo()], folder.path)
    expect((await t.services.endpoint('echo')).url).toBe(url)
    const { pid, supervisor } = await t.status()
    expect(supervisor).toBe(first.process.pid)
    await first.kill()
    expect(await t.until((now) => now.supervisor === process.pid && now.state === 'ready')).toMatchObject({ pid, url })
    expect(await pidAt(url)).toBe(pid)
  })

  test('hear of every change of its state, however short, although they only look now and then', async () => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path)
    const url = await first.line()
    await using t = await supervise([echo()], folder.path, { lookMs: 1000 })
    await t.services.endpoint('echo')
    await expect.poll(() => t.events, { timeout: 10_000 }).toEqual(['echo ready'])
    const { pid } = await t.status()
    await fetch(`${url}/crash`).catch(() => {})
    await t.until((now) => now.state === 'ready' && now.pid !== pid)
    await t.services.wish('echo', 'stop')
    await t.until((now) => now.state === 'stopped')
    const heard = (): string[] => t.events.filter((event) => event !== 'echo degraded') // a check may meet the dead one before its end is told
    const all = ['ready', 'restarting', 'starting', 'ready', 'stopping', 'stopped'].map((state) => `echo ${state}`)
    await expect.poll(heard, { timeout: 10_000 }).toEqual(all)
  })

  test('keep it when the one that supervised leaves, and end it with the last', async () => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path)
    const pid = await pidAt(await first.line())
    {
      await using t = await supervise([echo()], folder.path)
      await t.services.endpoint('echo')
      first.say('leave')
      await first.ended()
      expect(await t.until((now) => now.supervisor === process.pid && now.state === 'ready')).toMatchObject({ pid })
    }
    expect(await isRunning(pid)).toBe(false)
  })

  test('are not troubled by its end after they have left it to another', async () => {
    await using folder = await dataFolder()
    const first = await supervise([echo()], folder.path)
    const { url } = await first.services.endpoint('echo')
    const pid = await pidAt(url)
    await using t = await supervise([echo()], folder.path)
    await t.services.endpoint('echo')
    await first[Symbol.asyncDispose]()
    await fetch(`${url}/crash`).catch(() => {})
    await t.until((now) => now.state === 'ready' && now.pid !== pid)
    expect(first.events).toEqual(['echo starting', 'echo ready'])
  })

  test('leave what starts still to the next one, which gives it the time that it needs', async () => {
    await using folder = await dataFolder()
    const first = await supervise([echo({ mode: 'silent', settings: '' })], folder.path)
    void first.services.endpoint('echo').catch(() => {})
    const { pid } = await first.until((now) => now.pid !== null)
    const asked = Promise.withResolvers<void>()
    let isReady = false
    const health: ServiceSpec['health'] = async () => {
      asked.resolve()
      if (!isReady) throw new Error('not yet')
    }
    await using t = await supervise([echo({ health })], folder.path)
    void t.services.endpoint('echo').catch(() => {})
    await expect.poll(() => t.events).toEqual(['echo starting']) // it has joined
    await first[Symbol.asyncDispose]()
    await asked.promise
    isReady = true
    expect(await t.until(({ state }) => state === 'ready')).toMatchObject({ pid, failures: 0 })
  })

  test('one that leaves while it starts, and whose program dies then, begins nothing any more', async () => {
    await using folder = await dataFolder()
    const asked = Promise.withResolvers<string>()
    const gate = Promise.withResolvers<void>()
    let starts = 0
    const prepare: ServiceSpec['prepare'] = async (setting, call) => {
      starts += 1
      return echo().prepare(setting, call)
    }
    const health: ServiceSpec['health'] = async ({ url }) => {
      asked.resolve(url)
      await gate.promise
    }
    const first = await supervise([echo({ prepare, health })], folder.path, { backoffMs: 0 })
    const waiting = first.services.endpoint('echo').catch(() => {})
    const url = await asked.promise
    await using t = await supervise([echo()], folder.path)
    void t.services.endpoint('echo').catch(() => {})
    await expect.poll(() => t.events).toEqual(['echo starting']) // it has joined
    await fetch(`${url}/begin?text=its last word`)
    const leaving = first[Symbol.asyncDispose]()
    await fetch(`${url}/crash`).catch(() => {})
    await expect.poll(() => readFile(join(folder.path, 'logs/echo.log'), 'utf8')).toContain('its last word') // it is read to its end
    gate.resolve()
    await Promise.all([leaving, waiting])
    await t.until(({ state }) => state === 'ready')
    expect(first.events).toEqual(['echo starting'])
    expect(starts).toBe(1)
  })

  test('that leave at the same time leave nothing behind', async () => {
    await using folder = await dataFolder()
    const users = [child(USER, folder.path), child(USER, folder.path), child(USER, folder.path)]
    const [url = ''] = await Promise.all(users.map((each) => each.line()))
    const pid = await pidAt(url)
    for (const each of users) each.say('leave')
    await Promise.all(users.map((each) => each.ended()))
    expect(await isRunning(pid)).toBe(false)
  })

  test('carry out what a person wishes in any of them', async () => {
    await using folder = await dataFolder()
    const first = child(USER, folder.path)
    const pid = await pidAt(await first.line())
    await using t = await supervise([echo()], folder.path)
    await t.services.wish('echo', 'restart')
    const { supervisor } = await t.until((now) => now.state === 'ready' && now.pid !== pid)
    expect(supervisor).toBe(first.process.pid)
    await t.services.wish('echo', 'stop')
    await t.until(({ state }) => state === 'stopped')
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  })
})
