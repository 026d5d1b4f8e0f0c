import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { send } from '../../../src/core/wire.ts'
import { Form } from '../../../src/ipfs/kubo/form.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { KuboStore } from '../../../src/ipfs/kubo/store.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { each, rootOf, unique } from '../../contract/node/make.ts'
import { Child } from '../../support/children.ts'
import { noise, temporaryFolder, text } from '../../support/content.ts'
import { runHere } from '../../support/io.ts'
import { type KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { emptyPlace } from '../../support/program.ts'

const ADDER = new URL('../../support/kubo-adder.ts', import.meta.url)
const COLLECTOR = new URL('../../support/kubo-collector.ts', import.meta.url)
const WRITER = new URL('../../support/collecting-writer.ts', import.meta.url)

const folder = (node: IpfsNode): Promise<string> => rootOf(node, [{ path: 'f', content: bytesOf(unique()) }])

async function site(daemon: KuboDaemon) {
  await using ground = new AsyncDisposableStack()
  const { path } = ground.use(await temporaryFolder())
  const open = async () => kuboNode({ endpoint: async () => ({ url: daemon.url }), folder: path, network: 'off', repository: 'test' })
  const node = ground.use(await open())
  const kept = ground.move()
  return { path, node, open, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const isHere = (node: IpfsNode, root: string): Promise<string | false> => text(node.read(`${root}/f`)).catch(() => false)

/** Many small blocks that nothing holds. */
async function litter(node: IpfsNode, count: number): Promise<string[]> {
  const files = Array.from({ length: count }, (_, n) => ({ path: `l${n}`, content: bytesOf(`litter ${n}`) }))
  return (await Array.fromAsync(node.addTree(each(files)))).map(({ cid }) => cid)
}

/** An import that goes on until it is told to end; what it resolves with is of no interest. */
function unended(daemon: KuboDaemon): [Promise<unknown>, () => void] {
  const form = new Form()
  form.stream.write(form.head)
  const answer = send('POST', new URL(`${daemon.url}/api/v0/dag/import?pin-roots=true`), { 'content-type': form.type }, { body: form })
  return [answer, () => void form.stream.end(form.tail)]
}

onKubo(
  'a collection of our repository',
  (daemon) => {
    test('leaves what pins, the mutable tree and keeps reach, frees the rest, and foresees it', async () => {
      await using open = await site(daemon)
      const { node } = open
      await node.collect()
      const [pinned, linked, kept, loose] = [await folder(node), await folder(node), await folder(node), await folder(node)]
      const direct = (await node.add(noise(3 << 20))).cid
      await node.pins.add(pinned)
      await node.pins.add(direct, { recursive: false })
      await node.mfs.link('/linked', linked)
      await node.keeps.set('a change', kept)
      const foreseen = await node.collect({ dryRun: true })
      expect(foreseen.freed).toMatchObject({ blocks: 5 }) // a folder with its file, and the three leaves below the direct pin
      expect(await isHere(node, loose)).toMatch(/^x-/)
      const heard: number[] = []
      const { freed, kept: stays } = await node.collect({ onProgress: (_, blocks) => void heard.push(blocks) })
      expect(freed).toEqual(foreseen.freed)
      expect(stays).toEqual(foreseen.kept)
      expect(heard).toEqual([1, 2, 3, 4, 5])
      for (const root of [pinned, linked, kept]) expect(await isHere(node, root)).toMatch(/^x-/)
      expect(await node.blocks.has(direct)).toBe(true)
      expect(await isHere(node, loose)).toBe(false)
      await node.keeps.remove('a change')
      expect((await node.collect()).freed.blocks).toBe(3)
    })

    test('lets go what a keep that died before it was written down has pinned, and no pin of a person', async () => {
      await using open = await site(daemon)
      const { node } = open
      const [lost, own] = [await folder(node), await folder(node)]
      await daemon.run(['pin', 'add', '--name', 'polymount:kept', lost])
      await daemon.run(['pin', 'add', '--name', 'mine', own])
      expect((await node.collect({ dryRun: true })).freed.blocks).toBeGreaterThanOrEqual(2)
      await node.collect()
      expect([await isHere(node, lost), await isHere(node, own)]).toEqual([false, expect.stringMatching(/^x-/)])
    })

    test('waits for whoever is about to name something, in any process; nobody waits within his own guard', async () => {
      await using open = await site(daemon)
      await using other = await open.open()
      const { node } = open
      const guard = await other.guard()
      const root = await folder(other)
      const collecting = node.collect()
      await expect(node.collect()).rejects.toMatchObject({ code: 'BUSY' }) // one collects already, and waits
      await other.pins.add(root)
      await other.mfs.link(`/${unique('waited')}`, root)
      await guard[Symbol.asyncDispose]()
      await collecting
      expect(await isHere(node, root)).toMatch(/^x-/)
    })

    test('a wait is given up when the caller gives up, and holds up nobody then', async () => {
      await using open = await site(daemon)
      const guard = await open.node.guard()
      await expect(open.node.collect({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ code: 'CANCELLED' })
      await guard[Symbol.asyncDispose]()
      await using _ = await open.node.guard()
    })

    test('a guard after a collector that has died waits until the daemon has ended what it began', async () => {
      await using open = await site(daemon)
      const { node } = open
      const root = await folder(node)
      await node.pins.add(root)
      await using store = await KuboStore.open(open.path, node.mfs.volume)
      await store.setCollecting(true) // as one leaves it that is killed
      const [importing, end] = unended(daemon)
      const collecting = daemon.run(['repo', 'gc']) // which waits for that import, and all that may pin waits for it
      // Of the daemon itself: what is pinned already our own engine does not ask for again.
      const waits = (): Promise<boolean> => Promise.race([daemon.rpc('pin/add', [root]).then(() => false), sleep(300, true)])
      await expect.poll(waits).toBe(true)
      const guard = node.guard()
      expect(await Promise.race([guard, sleep(500, 'still waiting')])).toBe('still waiting')
      end()
      await Promise.all([importing, collecting])
      await using _ = await guard
      expect(await store.collecting()).toBe(false)
    })

    test('of an add whose process is killed in the middle nothing is left, and nobody waits for it', async () => {
      await using open = await site(daemon)
      const { node } = open
      await node.collect()
      const before = (await node.stats()).repo
      const adder = new Child(ADDER, open.path, daemon.url)
      expect(await adder.line()).toBe('reached')
      await expect(node.collect({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ code: 'CANCELLED' })
      await adder.kill()
      await node.collect()
      expect((await node.stats()).repo).toEqual(before)
      expect((await node.add(noise(20 << 20))).size).toBe(20 << 20)
    })

    test('three processes that pin, write, replace, remove and undo lose nothing to one that collects all the time', { timeout: 180_000 }, async () => {
      await using open = await site(daemon)
      await using work = await temporaryFolder()
      const { node } = open
      const children = [0, 1, 2].map((id) => new Child(WRITER, open.path, work.path, `w${id}`, '6', daemon.url))
      const done = new AbortController()
      const written = Promise.all(children.map((child) => child.line())).finally(() => done.abort())
      written.catch(() => {}) // told below
      let freed = 0
      while (!done.signal.aborted) freed += (await node.collect()).freed.blocks
      expect(freed).toBeGreaterThan(0)
      for (const line of await written)
        for (const [cid, size] of JSON.parse(line) as [string, number][])
          expect(
            (await Array.fromAsync(node.read(cid))).reduce((sum, { length }) => sum + length, 0),
            cid,
          ).toBe(size)
      const left = (await Array.fromAsync(node.mfs.list('/'))).filter(({ kind }) => kind === 'file')
      for (const { cid } of left) expect((await text(node.read(cid))).length).toBeGreaterThan(0)
      await Promise.all(children.map((child) => child.ended()))
    })

    test('kill -9 in the middle of it: what is added and pinned right after it stays, also if it is what was being taken', async () => {
      await using open = await site(daemon)
      const { node } = open
      const [, ...cids] = (await litter(node, 3000)).toReversed()
      const collector = new Child(COLLECTOR, open.path, daemon.url)
      expect(await collector.line()).toBe('begun')
      await collector.kill()
      const root = async (): Promise<string> => {
        await using _ = await node.guard()
        const again = await litter(node, 3000)
        await node.mfs.link('/litter', again.at(-1) ?? '')
        return again.at(-1) ?? ''
      }
      const added = await root()
      for (const cid of cids) expect(await node.blocks.has(cid), cid).toBe(true)
      await node.collect()
      expect((await Array.fromAsync(node.list(added))).length).toBe(3000)
      for (const cid of cids) expect(await node.blocks.has(cid), cid).toBe(true)
      await node.mfs.unlink('/litter')
    }, 120_000)
  },
  { flags: ['--offline'] },
)

describe('polymount gc', () => {
  const engine = async (ipfs: object) => {
    const place = await emptyPlace()
    const config = join(place.home, 'config.json')
    await writeFile(config, JSON.stringify({ ipfs }))
    const run = (...args: string[]) => runHere(place, [...args, '--config', config, '--data-dir', join(place.home, 'data')])
    return { run, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() }
  }

  test('frees in the daemon that it runs too', async (context) => {
    await needsKubo(context)
    await using own = await engine({ engine: 'kubo', network: 'off', kubo: { binary: await findKubo() } })
    const { stdout } = await own.run('call', 'ipfs_add', JSON.stringify({ content: 'loose', pin: false }))
    const { cid } = JSON.parse(stdout) as { cid: string }
    const foreseen = JSON.parse((await own.run('gc', '--dry-run', '--json')).stdout) as { daemon: { freed: unknown } }
    expect(foreseen.daemon.freed).toEqual({ blocks: 1, bytes: 5 })
    const done = await own.run('gc')
    expect(done).toMatchObject({ code: 0 })
    expect(done.stdout).toMatch(/freed in the daemon +1 blocks +5 B\n/)
    expect(await own.run('call', 'ipfs_cat', JSON.stringify({ cid }))).toMatchObject({ code: 1 })
  }, 60_000)
})

onKubo(
  "a user's daemon",
  (daemon) => {
    test('is never collected, and gc says what its owner does', async () => {
      await using place = await emptyPlace()
      const cid = await daemon.run(['add', '-Q', '--pin=false'], 'not ours')
      const done = await runHere(place, ['gc', '--engine', daemon.url, '--data-dir', join(place.home, 'data')])
      expect(done.code).toBe(0)
      expect(done.stdout).toContain('daemon: UNSUPPORTED')
      expect(done.stdout).toContain('ipfs repo gc')
      expect(await daemon.run(['cat', cid])).toBe('not ours')
    })
  },
  { flags: ['--offline'] },
)
