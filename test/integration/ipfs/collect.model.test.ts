import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Actor } from '../../../src/core/actor.ts'
import { collect as bytesIn } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { noise } from '../../support/content.ts'
import { openTestGateway, type TestGateway } from '../../support/gateway.ts'

const actor: Actor = { client: 'test', session: 's1', tool: 'test' }
const call = { actor }
const BIG = 1 << 24

/** By number: in the index, in a file, and of several blocks; those of the journal's own database and those that go into the store. */
const SIZES = [5, 1000, 70_000, 100_000, 1_200_000]
const CONTENTS = await Promise.all(SIZES.map(async (size, seed) => Buffer.concat(await Array.fromAsync(noise(size, seed + 1)))))
const contentOf = (n: number): Buffer => CONTENTS[n] ?? Buffer.alloc(0)
const LARGE = 65_536 // what is larger leaves the journal's own database

const number = fc.nat({ max: SIZES.length - 1 })
const name = fc.constantFrom('a', 'b', 'c')
const ops = fc.oneof(
  fc.record({ op: fc.constant('add' as const), n: number, pin: fc.boolean() }),
  fc.record({ op: fc.constant('unpin' as const), n: number }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant('mfs' as const), at: name, n: number }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('disk' as const), at: name, n: number }) },
  fc.record({ op: fc.constantFrom('remove' as const, 'move' as const), at: name, to: name }),
  fc.record({ op: fc.constant('undo' as const) }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant('gc' as const) }) },
)
type Op = typeof ops extends fc.Arbitrary<infer T> ? T : never

function must(actual: unknown, expected: unknown, what: string): void {
  expect(actual, what).toEqual(expected)
}

/** What should be there, beside the one gateway that does it. */
class Model {
  readonly t: TestGateway
  readonly cids = new Map<number, string>()
  readonly pins = new Set<number>()
  /** Contents that the tree or a version has named: they can be brought back for ever. */
  readonly restorable = new Set<number>()
  mfs = new Map<string, number>()
  disk = new Map<string, number>([
    ['a', 3],
    ['b', 2],
  ])
  #undoable: { readonly change: string; readonly before: Map<string, number> } | undefined

  constructor(t: TestGateway) {
    this.t = t
  }

  async tool(tool: string, args: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const outcome = await this.t.gateway.registry.invoke(tool, args, { actor, signal: new AbortController().signal })
    if (!outcome.ok) throw new Error(`${tool}: ${JSON.stringify(outcome.envelope)}`)
    return outcome.envelope
  }

  async run(step: Op): Promise<void> {
    if (step.op === 'gc') return this.gc()
    if (step.op === 'undo') return this.undo()
    if (step.op === 'add') return this.add(step.n, step.pin)
    if (step.op === 'unpin') return this.unpin(step.n)
    if (step.op === 'disk') return void (await this.write('disk', step.at, step.n))
    const before = new Map(this.mfs)
    const change = await (step.op === 'mfs' ? this.write('mfs', step.at, step.n) : this.rearrange(step.op, step.at, step.to))
    if (change !== undefined) this.#undoable = { change, before }
  }

  async add(n: number, pin: boolean): Promise<void> {
    const { cid } = await this.tool('ipfs_add', { content_base64: contentOf(n).toString('base64'), pin })
    this.cids.set(n, String(cid))
    if (pin) this.pins.add(n)
  }

  async unpin(n: number): Promise<void> {
    if (this.pins.delete(n)) await this.tool('ipfs_pin_rm', { cid: this.cids.get(n) })
  }

  async write(where: 'mfs' | 'disk', at: string, n: number): Promise<string | undefined> {
    const before = this[where].get(at)
    const { change } = await this.t.gateway.vfs.write(this.path(where, at), contentOf(n), before === undefined ? call : { ...call, ifMatch: '*' })
    if (where === 'mfs') this.restorable.add(n)
    else this.replaced(before)
    this[where].set(at, n)
    return change ?? undefined
  }

  async rearrange(op: 'remove' | 'move', at: string, to: string): Promise<string | undefined> {
    const n = this.mfs.get(at)
    if (n === undefined || (op === 'move' && this.mfs.has(to))) return undefined
    this.mfs.delete(at)
    if (op === 'move') this.mfs.set(to, n)
    const { vfs } = this.t.gateway
    const { change } = await (op === 'move' ? vfs.move(this.path('mfs', at), this.path('mfs', to), call) : vfs.remove(this.path('mfs', at), call))
    return change ?? undefined
  }

  async undo(): Promise<void> {
    const undoable = this.#undoable
    this.#undoable = undefined
    if (!undoable) return
    must((await this.t.gateway.vfs.undo({ change: undoable.change }, call)).conflicts, [], 'an undo')
    this.mfs = undoable.before
  }

  async gc(): Promise<void> {
    const { missing } = await this.t.gateway.collect()
    must(missing, 0, 'nodes that are not here')
    await this.check()
    for (const [n, cid] of this.cids) {
      const kept = this.pins.has(n) || this.restorable.has(n)
      must(await this.isHere(cid), kept, `content ${n} ${kept ? 'is needed' : 'is garbage'}`)
    }
  }

  /** Everything that has a name is whole. */
  async check(): Promise<void> {
    for (const n of this.pins) must((await this.read(`/ipfs/${this.cids.get(n) ?? ''}`)).equals(contentOf(n)), true, `pinned content ${n}`)
    for (const where of ['mfs', 'disk'] as const)
      for (const [at, n] of this[where]) must((await this.read(this.path(where, at))).equals(contentOf(n)), true, `${where}/${at}`)
    const listed = await Array.fromAsync(this.t.gateway.vfs.list(p('/mfs'), call))
    must(
      listed.map((entry) => entry.name),
      [...this.mfs.keys()].toSorted(),
      'names in /mfs',
    )
  }

  private replaced(n: number | undefined): void {
    if (n !== undefined && contentOf(n).length > LARGE) this.restorable.add(n)
  }

  private path(where: 'mfs' | 'disk', at: string): ReturnType<typeof p> {
    return p(where === 'mfs' ? `/mfs/${at}` : join(this.t.work, at))
  }

  private async read(path: string): Promise<Buffer> {
    return Buffer.from(await bytesIn((await this.t.gateway.vfs.open(p(path), call)).read(), BIG))
  }

  /** Asked of the node itself: what is mounted remembers contents for a while. */
  private async isHere(cid: string): Promise<boolean> {
    try {
      await bytesIn(this.t.gateway.ipfs.read(cid), BIG)
      return true
    } catch (error) {
      if (isCode(error, 'OFFLINE')) return false
      throw error
    }
  }
}

test('whatever was done, collection loses nothing that has a name or can be brought back, and frees the rest', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ops, { minLength: 5, maxLength: 25, size: 'max' }), async (script) => {
      await using t = await openTestGateway({ files: { a: contentOf(3), b: contentOf(2) } })
      const model = new Model(t)
      for (const step of script) await model.run(step)
      await model.gc()
      expect(await t.gateway.vfs.undo({ session: 'current' }, call)).toMatchObject({ conflicts: [] })
      model.mfs = new Map()
      model.disk = new Map([
        ['a', 3],
        ['b', 2],
      ])
      await model.check()
    }),
    { numRuns: 12 },
  )
})
