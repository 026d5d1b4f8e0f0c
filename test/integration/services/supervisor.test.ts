import { mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { ServiceSpec } from '../../../src/services/types.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { dataFolder, echo, isRunning, supervise } from '../../support/services.ts'

interface Answer {
  readonly pid: number
  readonly child?: number
  readonly env: string[]
}

const ask = async (url: string, path = '/'): Promise<Answer> => (await (await fetch(url + path)).json()) as Answer

describe('a service', () => {
  test('starts when it is first needed, and ends with its last user', async () => {
    await using folder = await dataFolder()
    let pid = 0
    {
      await using t = await supervise([echo()], folder.path)
      expect(await t.status()).toMatchObject({ state: 'stopped', pid: null, url: null })
      const { url } = await t.services.endpoint('echo')
      pid = (await ask(url)).pid
      expect(await t.status()).toMatchObject({ state: 'ready', pid, url, supervisor: process.pid, restarts: 0, held: false })
      expect(t.events).toEqual(['echo starting', 'echo ready'])
    }
    expect(await isRunning(pid)).toBe(false)
    await using later = await supervise([echo()], folder.path)
    expect(await later.status()).toMatchObject({ state: 'stopped', pid: null, supervisor: null })
  })

  test('gets its environment and nothing else of ours', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path)
    const { env } = await ask((await t.services.endpoint('echo')).url)
    expect(env.filter((name) => !['PORT', 'SECRET', 'MODE', 'PWD', '_', 'SHLVL', 'OLDPWD'].includes(name))).toEqual([])
  })

  test('is measured', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path)
    await t.services.endpoint('echo')
    const { usage } = await t.until(({ usage: measured }) => measured !== null)
    expect(usage?.cpu).toBeGreaterThanOrEqual(0)
    expect(usage?.handles === null).toBe(process.platform !== 'linux')
    expect(usage?.memory).toBeGreaterThan(10 << 20)
  })

  test('comes back after kill -9; meanwhile callers are told so at once', async () => {
    await using folder = await dataFolder()
    const gate = Promise.withResolvers<void>()
    let starts = 0
    const prepare: ServiceSpec['prepare'] = async (setting, call) => {
      if (++starts > 1) await gate.promise
      return echo().prepare(setting, call)
    }
    await using t = await supervise([echo({ prepare })], folder.path)
    const { url } = await t.services.endpoint('echo')
    await ask(url, '/crash').catch(() => {})
    await t.until(({ state, failures }) => state === 'starting' && failures === 1)
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(/^echo is starting again, attempt 1 of 5: it was ended by SIGKILL; its last line: ./),
    })
    gate.resolve()
    expect(await t.until(({ state }) => state === 'ready')).toMatchObject({ restarts: 1, url, reason: null })
    const events = t.events.filter((event) => event !== 'echo degraded') // a check may meet the dead one before its end is told
    expect(events).toEqual(['echo starting', 'echo ready', 'echo restarting', 'echo starting', 'echo ready'])
  })

  test('comes back, and ends with its user, also where no end can be written down', async () => {
    await using folder = await dataFolder()
    let last = 0
    {
      await using t = await supervise([echo()], folder.path)
      const { url } = await t.services.endpoint('echo')
      const others = new Database(join(folder.path, 'services.db'))
      const refused = "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
      others.exec(`CREATE TRIGGER ended BEFORE UPDATE OF pid ON service WHEN new.pid IS NULL ${refused}; CREATE TRIGGER gone BEFORE DELETE ON user ${refused}`)
      others.close()
      await ask(url, '/crash').catch(() => {})
      const { pid } = await t.until(({ state, restarts }) => state === 'ready' && restarts === 1)
      last = (await ask((await t.services.endpoint('echo')).url)).pid
      expect(pid).toBe(last)
    }
    expect(await isRunning(last)).toBe(false)
  })

  test('comes back also where the clock is set back while it is down', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path, { maxBackoffMs: 100 })
    const { url } = await t.services.endpoint('echo')
    const { now } = Date
    using clock = vi.spyOn(Date, 'now')
    clock.mockImplementation(() => now() - (t.events.includes('echo restarting') ? 3_600_000 : 0))
    await ask(url, '/crash').catch(() => {})
    expect(await t.until(({ state, restarts }) => state === 'ready' && restarts === 1)).toMatchObject({ failures: 1 })
  })

  test('that hangs is degraded, and restarted', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path, { answerMs: 1000 })
    const { pid } = await ask((await t.services.endpoint('echo')).url)
    process.kill(pid, 'SIGSTOP')
    const again = await t.until((now) => now.state === 'ready' && now.pid !== pid)
    expect(t.events).toContain('echo degraded')
    expect(await isRunning(pid)).toBe(false)
    expect(again.restarts).toBeGreaterThan(0)
  })

  test('that ignores its signal is killed', async () => {
    await using folder = await dataFolder()
    const t = await supervise([echo({ mode: 'deaf', stop: { signal: 'SIGTERM', graceMs: 100 } })], folder.path)
    const { pid } = await ask((await t.services.endpoint('echo')).url)
    await t[Symbol.asyncDispose]()
    expect(await isRunning(pid)).toBe(false)
  })

  test.for(['parent', 'parent of an heir'])('that is a %s takes its children with it, when it is stopped and when it dies', async (mode) => {
    await using folder = await dataFolder()
    await using t = await supervise([echo({ mode })], folder.path)
    const { url } = await t.services.endpoint('echo')
    const { child: first = 0 } = await ask(url)
    expect(await isRunning(first)).toBe(true)
    await ask(url, '/crash').catch(() => {})
    await t.until(({ state, restarts }) => state === 'ready' && restarts === 1)
    await expect.poll(() => isRunning(first)).toBe(false)
    const { child: second = 0 } = await ask((await t.services.endpoint('echo')).url)
    expect(await isRunning(second)).toBe(true)
    await t.services.wish('echo', 'stop')
    await t.until(({ state }) => state === 'stopped')
    await expect.poll(() => isRunning(second)).toBe(false)
  })

  test('whose port is taken after it was chosen gets another at its next attempt', async () => {
    await using folder = await dataFolder()
    const squatter = createServer()
    const chosen: (number | undefined)[] = []
    const prepare: ServiceSpec['prepare'] = async (setting, call) => {
      chosen.push(setting.ports['api'])
      if (chosen.length === 1) await once(squatter.listen(setting.ports['api'], '127.0.0.1'), 'listening')
      return echo().prepare(setting, call)
    }
    await using t = await supervise([echo({ prepare })], folder.path)
    void t.services.endpoint('echo').catch(() => {}) // refused once, as every first failure
    expect(await t.until(({ state }) => state === 'ready')).toMatchObject({ failures: 1 })
    expect(new Set(chosen).size).toBe(2)
    squatter.close()
  })

  test.for([['takes', '/grow'], ...(process.platform === 'linux' ? [['has a child that takes', '/breed'] as const] : [])] as const)(
    'that %s too much memory is restarted, and says so',
    async ([, way]) => {
      await using folder = await dataFolder()
      await using t = await supervise([echo({ memoryLimit: 150 << 20 })], folder.path)
      const { url } = await t.services.endpoint('echo')
      const first = await t.until(({ usage }) => usage !== null)
      await ask(url, way).catch(() => {}) // it may be ended before it answers
      const second = await t.until(({ pid, state }) => state === 'ready' && pid !== first.pid)
      expect(second.failures).toBe(1)
      expect(await readFile(join(folder.path, 'logs/echo.log'), 'utf8')).toMatch(/took \d+ MiB of memory, and may take 150/)
    },
  )

  test('that cannot work fails after so many attempts, with the reason and its last lines, until a person asks again', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo({ mode: 'refuse' })], folder.path, { attempts: 2 })
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    const failed = await t.until(({ state, pid }) => state === 'failed' && pid === null)
    expect(failed).toMatchObject({ failures: 3, reason: expect.stringContaining('exit code 3') })
    expect(failed.tail.join('\n')).toContain('Error: it cannot work here')
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/exit code 3.*it cannot work here.*polymount services restart echo/),
    })
    expect(t.services.absence('echo')?.message).toContain('polymount services restart echo')
    await t.services.wish('echo', 'restart')
    expect(await t.until(({ failures }) => failures < 3)).toMatchObject({ held: false })
  })

  test('that never says that it is ready, and does nothing, is a failure', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo({ mode: 'silent', startMs: 700 })], folder.path, { attempts: 0 })
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ message: expect.stringMatching(/not ready after [\d.]+ s, and did nothing for 0\.7 s/) })
  })

  const logOf = (folder: string): Promise<string> => readFile(join(folder, 'logs/echo.log'), 'utf8')

  test.for(['talkative', 'busy'])('that is %s gets more time to start than one that does nothing', async (mode) => {
    await using folder = await dataFolder()
    const port = Promise.withResolvers<number | undefined>()
    const prepare: ServiceSpec['prepare'] = async (setting, call) => {
      port.resolve(setting.ports['api'])
      return echo({ mode }).prepare(setting, call)
    }
    await using t = await supervise([echo({ prepare, startMs: 1000 })], folder.path)
    const endpoint = t.services.endpoint('echo')
    await expect.poll(() => logOf(folder.path), { timeout: 20_000 }).toContain('--- not ready after 1 s; as long as it is at work it has up to 60 s\n')
    await fetch(`http://127.0.0.1:${await port.promise}/say?text=echo is READY`)
    expect(await endpoint).toMatchObject({ url: expect.any(String) })
    expect(await t.status()).toMatchObject({ failures: 0, restarts: 0 })
  })

  test('that takes too much memory while it starts is a failure', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo({ mode: 'silent', memoryLimit: 1 << 20 })], folder.path, { attempts: 0 })
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ message: expect.stringMatching(/took \d+ MiB of memory, and may take 1/) })
  })

  test('that is at work without end fails, and is not begun again: it would come no further', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo({ mode: 'talkative', startMs: 500, longestStartMs: 1000 })], folder.path)
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/^echo has failed: it was not ready after 1 s, the longest that a start may take .*polymount services restart echo/),
    })
    expect(await t.until(({ pid }) => pid === null)).toMatchObject({ state: 'failed', failures: 0, restarts: 0 })
    expect(t.events).toEqual(['echo starting', 'echo failed'])
  })

  test('that prints rubbish without end of line takes no memory and no disk', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo({ mode: 'rubbish' })], folder.path)
    await t.services.endpoint('echo')
    expect((await stat(join(folder.path, 'logs/echo.log'))).size).toBeLessThan(32 << 10)
  })

  test('gets other ports when its own are taken', async () => {
    await using folder = await dataFolder()
    let before = ''
    {
      await using t = await supervise([echo()], folder.path)
      before = (await t.services.endpoint('echo')).url
    }
    const squatter = createServer().listen(Number(new URL(before).port), '127.0.0.1')
    await once(squatter, 'listening')
    await using t = await supervise([echo()], folder.path)
    expect((await t.services.endpoint('echo')).url).not.toBe(before)
    squatter.close()
  })

  test('keeps its ports otherwise', async () => {
    await using folder = await dataFolder()
    const urls: string[] = []
    for (let i = 0; i < 2; i++) {
      await using t = await supervise([echo()], folder.path)
      urls.push((await t.services.endpoint('echo')).url)
    }
    expect(urls[1]).toBe(urls[0])
  })
})

describe('a first start that fails before there is a process', () => {
  test('is tried again by the next call; meanwhile another process may lead', async () => {
    await using folder = await dataFolder()
    const inTheWay = join(folder.path, 'services/echo/secret')
    await mkdir(inTheWay, { recursive: true })
    await using t = await supervise([echo()], folder.path)
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ code: 'IO_ERROR' })
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ code: 'IO_ERROR' })
    await rm(inTheWay, { recursive: true })
    await using other = await supervise([echo()], folder.path)
    const { url } = await other.services.endpoint('echo')
    expect(await t.services.endpoint('echo')).toMatchObject({ url })
  })

  test('makes no new secret while there is one that cannot be read: a program that runs has it', async () => {
    await using folder = await dataFolder()
    await using first = await supervise([echo({ authorization: (secret) => secret })], folder.path)
    const running = await first.services.endpoint('echo')
    const file = join(folder.path, 'services/echo/secret')
    await rename(file, `${file}.kept`)
    await symlink(file, file) // leads round in a circle
    await using t = await supervise([echo({ authorization: (secret) => secret })], folder.path)
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ code: 'IO_ERROR', message: 'the secret of a service cannot be used (ELOOP)' })
    await rename(`${file}.kept`, file)
    expect(await t.services.endpoint('echo')).toEqual(running)
  })

  test('leaves no user behind', async () => {
    await using folder = await dataFolder()
    await mkdir(join(folder.path, 'services/echo/secret'), { recursive: true })
    {
      await using t = await supervise([echo()], folder.path)
      await expect(t.services.endpoint('echo')).rejects.toMatchObject({ code: 'IO_ERROR' })
    }
    expect(await readdir(join(folder.path, 'run'))).toEqual(['service-echo.lock'])
  })
})

describe('a person', () => {
  test('stops it, and it stays so for every process until it is started', async () => {
    await using folder = await dataFolder()
    {
      await using t = await supervise([echo()], folder.path)
      const { pid } = await ask((await t.services.endpoint('echo')).url)
      await t.services.wish('echo', 'stop')
      await t.until(({ state }) => state === 'stopped')
      expect(await isRunning(pid)).toBe(false)
    }
    await using t = await supervise([echo()], folder.path)
    await expect(t.services.endpoint('echo')).rejects.toMatchObject({ retryable: false, message: expect.stringContaining('polymount services start echo') })
    await t.services.wish('echo', 'start')
    expect((await t.services.endpoint('echo')).url).toContain('http')
  })

  test('restarts it without counting that as a failure', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path)
    const { pid } = await ask((await t.services.endpoint('echo')).url)
    await t.services.wish('echo', 'restart')
    expect(await t.until((now) => now.state === 'ready' && now.pid !== pid)).toMatchObject({ failures: 0, restarts: 1 })
  })

  test('restarts it, and it has the time to end that it has when it is stopped', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo({ mode: 'thorough' })], folder.path)
    const { pid } = await ask((await t.services.endpoint('echo')).url)
    await t.services.wish('echo', 'restart')
    await t.until((now) => now.state === 'ready' && now.pid !== pid)
    expect(await readFile(join(folder.path, 'logs/echo.log'), 'utf8')).toContain('ended well\n')
  })

  test('asks for opposite things in a row, and the last one counts', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path)
    await t.services.endpoint('echo')
    for (const wish of ['stop', 'start', 'restart', 'stop', 'start'] as const) await t.services.wish('echo', wish)
    expect((await t.until(({ state }) => state === 'ready')).held).toBe(false)
  })
})

describe('its log', () => {
  test('is for its owner alone, without secrets, and rotated', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path)
    const { url } = await t.services.endpoint('echo')
    const secret = await readFile(join(folder.path, 'services/echo/secret'), 'utf8')
    expect((await stat(join(folder.path, 'services/echo/secret'))).mode & 0o777).toBe(0o600)
    await expect.poll(() => readFile(join(folder.path, 'logs/echo.log'), 'utf8')).toContain('secret ***')
    expect((await stat(join(folder.path, 'logs/echo.log'))).mode & 0o777).toBe(0o600)
    const line = 'x'.repeat(7000)
    for (let i = 0; i < 800; i++) await ask(url, `/say?text=${secret}${line}`)
    await expect.poll(() => readdir(join(folder.path, 'logs'))).toEqual(['echo.log', 'echo.log.1', 'echo.log.2', 'echo.log.3'])
    for (const name of await readdir(join(folder.path, 'logs'))) {
      const text = await readFile(join(folder.path, 'logs', name), 'utf8')
      expect(text.length).toBeLessThanOrEqual(1 << 20)
      expect(text).not.toContain(secret)
    }
  })

  test.for([0, 5, 20])('has no part of a secret, wherever a long line of it is cut (%i characters of it come first)', async (first) => {
    await using folder = await dataFolder()
    await using t = await supervise([echo()], folder.path)
    const { url } = await t.services.endpoint('echo')
    const secret = await readFile(join(folder.path, 'services/echo/secret'), 'utf8')
    const fillings = [4086, 8140, 8150, 8160, 8170, 8180, 8192]
    for (const filling of fillings) {
      await ask(url, `/begin?text=${'a'.repeat(filling)}${secret.slice(0, first)}`)
      await ask(url, `/say?text=${secret.slice(first)}${'b'.repeat(9000)}`)
    }
    const logged = async (): Promise<string> => (await readFile(join(folder.path, 'logs/echo.log'), 'utf8')).replaceAll(/([ab])\1+/g, '$1')
    await expect.poll(async () => (await logged()).match(/^a.*… \(cut\)$/gm)).toHaveLength(fillings.length)
    expect(await logged()).toContain('\na***b… (cut)\n')
    expect(await logged()).not.toContain(secret.slice(0, 4))
  })
})

test('a service waits for those it depends on, for as long as it takes, and ends before them', async () => {
  await using folder = await dataFolder()
  const order: string[] = []
  const base = echo({ name: 'base' })
  const above = echo({
    name: 'above',
    dependsOn: ['base'],
    prepare: async (setting, call) => {
      order.push(setting.dependencies['base']?.url ?? 'none')
      return echo().prepare(setting, call)
    },
  })
  await using t = await supervise([base, above], folder.path)
  await t.services.wish('base', 'stop')
  const waiting = t.services.endpoint('above')
  await t.until(({ state }) => state === 'starting', 'above')
  await t.services.wish('base', 'start')
  await waiting
  expect(order).toEqual([(await t.status('base')).url])
  const begun = t.events.length
  await t[Symbol.asyncDispose]()
  expect(t.events.slice(begun)).toEqual(['above stopping', 'above stopped', 'base stopping', 'base stopped'])
})

test('a service is restarted when one that it depends on has come back at another address', async () => {
  await using folder = await dataFolder()
  const seen: (string | undefined)[] = []
  const prepare: ServiceSpec['prepare'] = async (setting, call) => {
    seen.push(setting.dependencies['base']?.url)
    return echo().prepare(setting, call)
  }
  await using t = await supervise([echo({ name: 'base' }), echo({ name: 'above', dependsOn: ['base'], prepare })], folder.path)
  await t.services.endpoint('above')
  const { url: before } = await t.services.endpoint('base')
  await t.services.wish('base', 'stop')
  await t.until(({ state }) => state === 'stopped', 'base')
  const squatter = createServer().listen(Number(new URL(before).port), '127.0.0.1')
  await once(squatter, 'listening')
  await t.services.wish('base', 'start')
  const { url: after } = await t.services.endpoint('base')
  expect(await t.until(({ state, restarts }) => state === 'ready' && restarts === 1, 'above')).toMatchObject({ failures: 0 })
  expect(seen).toEqual([before, after])
  squatter.close()
})
