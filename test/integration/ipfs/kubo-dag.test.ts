import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode, encode } from '@ipld/dag-json'
import * as fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseCid } from '../../../src/content/unixfs/index.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { carOf, importCar } from '../../../src/ipfs/dag/archives.ts'
import { encodeAs, putValue, refs, valueAt } from '../../../src/ipfs/dag/index.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { rootOf } from '../../contract/node/make.ts'
import { findKubo } from '../../../scripts/servers/find.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { embeddedAlone, type NodeAlone } from '../../support/nodes.ts'

beforeEach(needsKubo)

let daemon: KuboDaemon
let open: NodeAlone
let node: IpfsNode

beforeAll(async () => {
  if (!(await findKubo().catch(() => ''))) return
  daemon = await KuboDaemon.start({ flags: ['--offline'] })
  open = await embeddedAlone()
  node = open.node
})
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  await open?.[Symbol.asyncDispose]()
})

const put = (value: unknown, storeCodec: 'dag-cbor' | 'dag-json'): Promise<string> =>
  putValue(node, encode(value), { inputCodec: 'dag-json', storeCodec, hash: 'sha2-256' })

const leaf = CID.parse('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')

/** Any value of the data model that Kubo reads: integers of 64 bits, and fractions whose text is one everywhere. */
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n + 0.5),
    fc.uint8Array({ maxLength: 40 }),
    fc.constant(leaf),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ unit: 'binary' }).filter((key) => key !== '/'),
      tie('value'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
}))

describe('values', () => {
  test.each(['dag-cbor', 'dag-json'] as const)(
    'have the CID that Kubo gives them in %s, and come back the same',
    async (codec) => {
      await fc.assert(
        fc.asyncProperty(anything, async (value) => {
          const cid = await put(value, codec)
          expect(await daemon.run(['dag', 'put', '--store-codec', codec, '--input-codec', 'dag-json'], encode(value))).toBe(cid)
          const ours = await encodeAs('dag-json', (await valueAt(node, cid)).value)
          expect(decode(Buffer.from(await daemon.run(['dag', 'get', cid])))).toEqual(decode(ours))
        }),
        { numRuns: 25 },
      )
    },
    120_000,
  )

  test('are found at the paths where Kubo finds them', async () => {
    const folder = await rootOf(node, [
      { path: 'sub/b', content: bytesOf('two') },
      { path: 'a', content: bytesOf('one') },
    ])
    const json = await put({ folder: CID.parse(folder) }, 'dag-json')
    const root = await put({ list: [1, { json: CID.parse(json) }], text: 'x' }, 'dag-cbor')
    await carried(root)
    for (const path of ['', '/list', '/list/0', '/list/1/json', '/list/1/json/folder/sub', '/list/1/json/folder/sub/b', '/text']) {
      const ours = await encodeAs('dag-json', (await valueAt(node, root + path)).value)
      expect([path, decode(Buffer.from(await daemon.run(['dag', 'get', root + path])))]).toEqual([path, decode(ours)])
    }
    for (const path of ['/none', '/list/2', '/list/1/json/folder/none', '/text/0']) {
      await expect(valueAt(node, root + path)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(daemon.run(['dag', 'get', root + path])).rejects.toThrow(/exit code 1/)
    }
  }, 60_000)
})

describe('DAGs', () => {
  test('have the same links in the same order, and the same bytes as a CAR', async () => {
    const root = await sampled()
    await carried(root)
    const kubo = async (...flags: string[]): Promise<string[]> => (await daemon.run(['refs', ...flags, root])).split('\n')
    const ours = async (unique: boolean, maxDepth: number): Promise<string[]> => Array.fromAsync(refs(node, root, { unique, maxDepth }))
    expect(await ours(false, 1)).toEqual(await kubo())
    expect(await ours(false, Infinity)).toEqual(await kubo('-r'))
    expect(await ours(true, Infinity)).toEqual(await kubo('-r', '-u'))
    expect(await ours(true, 2)).toEqual(await kubo('-r', '-u', '--max-depth=2'))
    const theirs = await exported(root)
    expect(Buffer.concat(await Array.fromAsync(carOf(node, parseCid(root)))).equals(theirs)).toBe(true)
  }, 60_000)

  test('made by Kubo come in as a CAR', async () => {
    const root = await daemon.run(['dag', 'put'], JSON.stringify({ made: 'by Kubo', at: [1, 2, { '/': leaf.toString() }] }))
    await daemon.run(['add', '-Q'], 'hello world')
    await using other = await embeddedAlone()
    expect(await importCar(other.node, bytesOf(await exported(root)))).toMatchObject({ roots: [root], blocks: 2 })
    await other.node.pins.add(root)
    expect((await valueAt(other.node, `${root}/made`)).value).toBe('by Kubo')
  }, 60_000)
})

/** Two files and a folder that stand in it twice, a large file, and values around them. */
async function sampled(): Promise<string> {
  const folder = await rootOf(node, [
    { path: 'one/same', content: bytesOf('same') },
    { path: 'two/same', content: bytesOf('same') },
    { path: 'large', content: bytesOf(Buffer.alloc(3 << 20, 'large')) },
  ])
  const inner = await put([CID.parse(folder), leaf], 'dag-json')
  await node.add(bytesOf('hello world'))
  return put({ b: CID.parse(inner), a: [CID.parse(folder), CID.parse(inner)] }, 'dag-cbor')
}

/** Brings a DAG of ours to Kubo. */
async function carried(root: string): Promise<void> {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'x.car'), carOf(node, parseCid(root)))
    expect(await daemon.run(['dag', 'import', join(folder, 'x.car')])).toContain(root)
  })
}

async function exported(root: string): Promise<Buffer> {
  const response = await fetch(`${daemon.url}/api/v0/dag/export?arg=${root}`, { method: 'POST' })
  return Buffer.from(await response.arrayBuffer())
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-car-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
