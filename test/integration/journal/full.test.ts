import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { collect } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { type Gateway, openGateway, schema } from '../../../src/gateway.ts'
import { Reserve } from '../../../src/sqlite/reserve.ts'
import { noise } from '../../contract/support.ts'
import { requires } from '../../support/requires.ts'
import { call } from '../../support/vfs.ts'
import { isRoot, site, tmpfs } from '../local/site.ts'

beforeEach(requires('root, to mount', () => isRoot))

const SIZE = 60_000 // of a content that the journal keeps itself

interface Disk {
  readonly data: string
  readonly open: () => Promise<Gateway>
  /** Takes what is left, but for so many bytes. */
  readonly fill: (but?: number) => void
  readonly free: () => void
}

/** A data folder on a small disk of its own, beside what is served. */
async function disk(): Promise<Disk> {
  const { root, outside } = await site()
  tmpfs(outside, '96m')
  const data = join(outside, 'data')
  mkdirSync(data, { mode: 0o700 })
  const left = (): number => statfsSync(outside).bavail * statfsSync(outside).bsize
  const fillers = (): string[] => readdirSync(outside).filter((name) => name.startsWith('filler'))
  return {
    data,
    open: () =>
      openGateway(schema.parse({ data_dir: data, ipfs: { network: 'off' } }), {
        served: [{ path: p(root), readOnly: false }],
        home: outside,
        env: {},
        guarded: [],
        log: () => {},
      }),
    fill: (but = 0) => {
      while (left() > but) writeFileSync(join(outside, `filler${fillers().length}`), new Uint8Array(left() - but))
    },
    free: () => fillers().forEach((name) => rmSync(join(outside, name))),
  }
}

/** Writes so many contents one over the other, and gives the changes. */
async function overwrite(gateway: Gateway, times: number, seed = 0, name = 'f'): Promise<string[]> {
  const path = p(`${gateway.served[0]?.path}/${name}`)
  const changes: string[] = []
  for (let i = 1; i <= times; i++) {
    const { change } = await gateway.vfs.write(path, noise(SIZE, seed + i), call)
    changes.push(change ?? '')
  }
  return changes
}

test('when the disk of the data folder is full changes go on: what is kept longest goes, and the newest can be undone', async () => {
  const { data, open, fill, free } = await disk()
  expect(await new Reserve(data).keep()).toBe(true)
  const gateway = await open()
  const path = p(`${gateway.served[0]?.path}/f`)
  const [first = '', second = ''] = await overwrite(gateway, 20)
  fill()
  const changes = await overwrite(gateway, 120, 1000)
  const replaced = await gateway.vfs.version(path, changes.at(-1) ?? '', { ...call, replaced: true })
  expect(Buffer.from(await collect(replaced.read(), SIZE)).equals(noise(SIZE, 1119))).toBe(true)
  for (const gone of [first, second]) await expect(gateway.vfs.version(path, gone, call)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
  const history = await gateway.vfs.history(path, { ...call, limit: 200 })
  expect(history.map(({ state }) => state)).toEqual(Array.from({ length: 140 }, () => 'done'))
  await gateway[Symbol.asyncDispose]()

  const next = await open()
  await overwrite(next, 30, 2000)
  await next[Symbol.asyncDispose]()

  free()
  expect(existsSync(join(data, 'reserve'))).toBe(false)
  expect(await new Reserve(data).keep()).toBe(true)
})

test('of two gateways on a full disk each goes on', async () => {
  const { data, open, fill } = await disk()
  await new Reserve(data).keep()
  const [one, two] = [await open(), await open()]
  await Promise.all([overwrite(one, 20), overwrite(two, 20, 500, 'g')])
  fill()
  await Promise.all([overwrite(one, 40, 1000), overwrite(two, 40, 1500, 'g')])
  await one[Symbol.asyncDispose]()
  await overwrite(two, 20, 2000, 'g')
  await two.journal.caughtUp()
  expect(two.journal.history({ states: ['open', 'in_doubt', 'aborted'], parts: true, limit: 1 })).toEqual([])
  await two[Symbol.asyncDispose]()
})

test('a gateway starts on a disk that has become full, and what stands there can be read', async () => {
  const { data, open, fill } = await disk()
  await new Reserve(data).keep()
  const gateway = await open()
  const path = p(`${gateway.served[0]?.path}/f`)
  const [change = ''] = await overwrite(gateway, 40)
  await gateway[Symbol.asyncDispose]()
  fill()
  const next = await open()
  const file = await next.vfs.open(path, call)
  expect(Buffer.from(await collect(file.read(), SIZE)).equals(noise(SIZE, 40))).toBe(true)
  expect((await next.vfs.version(path, change, call)).size).toBe(SIZE)
  await next[Symbol.asyncDispose]()
})

/** Repeats work until it is refused: why, and how often it succeeded. */
async function untilRefused(work: (n: number) => Promise<unknown>): Promise<{ readonly error: unknown; readonly times: number }> {
  for (let times = 0; ; times++) {
    try {
      await work(times)
    } catch (error) {
      return { error, times }
    }
  }
}

test('where nothing can go a change is refused, and goes once there is room', async () => {
  const { open, fill, free } = await disk()
  const gateway = await open()
  const folder = `${gateway.served[0]?.path}`
  const make = (n: number): Promise<unknown> => gateway.vfs.write(p(`${folder}/new${n}`), Buffer.from('x'), call)
  await make(-1)
  fill()
  const { error, times } = await untilRefused(make)
  expect(error).toMatchObject({ code: 'DISK_FULL' })
  expect(existsSync(join(folder, `new${times}`))).toBe(false)
  expect((await gateway.vfs.stat(p(`${folder}/new-1`), call)).size).toBe(1)
  await expect(make(times)).rejects.toMatchObject({ code: 'DISK_FULL' })
  free()
  fill(20 << 20) // too little to lay by of
  for (let n = 0; n < 100; n++) await make(times + n)
  await gateway[Symbol.asyncDispose]()
})

test('on a full disk what changes have replaced can be let go, and makes room', async () => {
  const { data, open, fill } = await disk()
  await new Reserve(data).keep()
  const gateway = await open()
  const path = p(`${gateway.served[0]?.path}/f`)
  const write = (n: number): Promise<unknown> => gateway.vfs.write(path, noise(1 << 20, n), call)
  for (let n = 0; n < 5; n++) await write(n)
  fill()
  const { error } = await untilRefused((n) => write(10 + n))
  expect(error).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('polymount gc --keep-within') })
  await gateway.collect({ before: new Date() })
  await write(100)
  expect((await gateway.vfs.version(path, (await gateway.vfs.history(path, { ...call, limit: 1 }))[0]?.change ?? '', call)).size).toBe(1 << 20)
  await gateway[Symbol.asyncDispose]()
})

test('where there is not even room to open it, a person is told what to do before a collection can begin', async () => {
  const { data, open, fill, free } = await disk()
  const gateway = await open()
  await overwrite(gateway, 3)
  await gateway[Symbol.asyncDispose]()
  fill()
  const told = {
    code: 'DISK_FULL',
    message: expect.stringContaining(data),
    hint: expect.stringMatching(/^Delete something else on that disk first: .*--keep-within/),
  }
  await expect(open()).rejects.toMatchObject(told)
  free()
  fill(1 << 20)
  const next = await open()
  await next.collect({ before: new Date() })
  await next[Symbol.asyncDispose]()
})

test('no room is laid by where the disk is short of it', async () => {
  const { data, fill } = await disk()
  fill()
  expect(await new Reserve(data).keep()).toBe(false)
  expect(readdirSync(data)).toEqual([])
})
