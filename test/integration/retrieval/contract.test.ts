import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { carBlock, carHeader } from '../../../src/ipfs/dag/car-out.ts'
import { Archive } from '../../../src/retrieval/archive.ts'
import { retrieving } from '../../../src/retrieval/index.ts'
import type { Request, Retrieval, Scope } from '../../../src/retrieval/types.ts'
import { temporaryFolder } from '../../support/content.ts'
import { blockOf } from '../../support/dag.ts'
import { needsKubo } from '../../support/kubo.ts'
import { needsLassie, superviseLassie } from '../../support/lassie.ts'
import { machine } from '../../support/machine.ts'
import { type Trustless, trustless } from '../../support/trustless.ts'

beforeEach(needsKubo)

let provider: Trustless
beforeAll(async () => {
  provider = await trustless()
})
afterAll(() => provider?.[Symbol.asyncDispose]())

/** The CAR of a request, as bytes. */
type Fetch = (request: Request) => Promise<Buffer>

const by =
  (from: Retrieval, providers?: readonly string[]): Fetch =>
  async (request) =>
    Buffer.concat(await Array.fromAsync(new Archive(from.blocks(request, { timeoutMs: 60_000, providers })).bytes()))

/** Each way that content can come. */
const ENGINES: Readonly<Record<string, (ground: AsyncDisposableStack) => Promise<Fetch>>> = {
  'in process, by a gateway': async (ground) => {
    const { node } = ground.use(await machine({ network: 'client' }))
    return by(retrieving({ node, network: 'client', privateAddresses: true }), [provider.gateway])
  },
  'in process, by a peer': async (ground) => {
    const { node } = ground.use(await machine({ network: 'client' }))
    return by(retrieving({ node, network: 'client', privateAddresses: true }), provider.daemon.addresses.slice(0, 1))
  },
  'in process, by whoever is found': async (ground) => {
    const { node } = ground.use(await machine({ network: 'client', peering: { peers: provider.daemon.addresses } }))
    return by(retrieving({ node, network: 'client', privateAddresses: false }))
  },
  'by the CAR of a gateway': async (ground) => {
    const { node } = ground.use(await machine({ network: 'client' }))
    return by(retrieving({ node, network: 'client', privateAddresses: false, daemon: async () => provider.gateway }))
  },
  'by lassie': async (ground) => {
    const { node } = ground.use(await machine({ network: 'client' }))
    const lassie = ground.use(await superviseLassie())
    return by(retrieving({ node, network: 'client', privateAddresses: true, daemon: (call) => lassie.url(call) }), [provider.gateway])
  },
}

/** Small leaves, nodes of three links and shards of eight ways: a few bytes make a deep DAG. */
const ADD = ['add', '-rQ', '--chunker=size-16', '--max-file-links=3', '--max-directory-links=3', '--max-hamt-fanout=8']

/** Leaves of two kinds, so that equal leaves and nodes stand in many places. */
const leaf = fc.constantFrom('a'.repeat(16), 'b'.repeat(16))
const content = fc.tuple(fc.array(leaf, { maxLength: 40, size: 'max' }), fc.constantFrom('', 'end')).map(([leaves, end]) => leaves.join('') + end)
const name = fc.string({ unit: fc.constantFrom('x', 'y', 'z', 'ü', ' ', '&', '+'), minLength: 1, maxLength: 2 }).filter((text) => text.trim() === text)
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
const tree = fc.dictionary(path, content, { minKeys: 1, maxKeys: 12, size: 'max' })
const asked = fc.record({
  at: fc.nat(),
  depth: fc.constantFrom(0, 1, 3, 3, 3),
  scope: fc.constantFrom<Scope>('block', 'entity', 'all'),
  part: fc.option(fc.record({ offset: fc.nat(700), length: fc.option(fc.integer({ min: 1, max: 700 }), { nil: undefined }) }), { nil: undefined, freq: 2 }),
})

/** As a folder; a path that leads through a file is left out. */
async function written(files: Readonly<Record<string, string>>, folder: string): Promise<string[]> {
  const kept: string[] = []
  for (const [file, text] of Object.entries(files)) {
    const isClear = kept.every((other) => !`${other}/`.startsWith(`${file}/`) && !`${file}/`.startsWith(`${other}/`))
    if (!isClear) continue
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
    kept.push(file)
  }
  return kept
}

const query = ({ scope, part }: Omit<Request, 'path'>): string =>
  `dag-scope=${scope}${part ? `&entity-bytes=${part.offset}:${part.length === undefined ? '*' : part.offset + part.length - 1}` : ''}`

interface Provided {
  readonly root: string
  readonly paths: readonly string[]
}

/** Each way is asked for the same trees, which are added once. */
const provided = new Map<string, Provided>()

async function provide(files: Readonly<Record<string, string>>): Promise<Provided> {
  const key = JSON.stringify(files)
  const known = provided.get(key)
  if (known) return known
  await using folder = await temporaryFolder()
  const paths = await written(files, folder.path)
  const added = { root: await provider.daemon.run([...ADD, folder.path]), paths }
  provided.set(key, added)
  return added
}

describe.each(Object.keys(ENGINES))('%s', (title) => {
  if (title === 'by lassie') beforeEach(needsLassie)

  test('whatever is wanted of a tree comes as a gateway gives it, byte for byte', async () => {
    await using ground = new AsyncDisposableStack()
    const fetched = await ENGINES[title]!(ground)
    const run = async (
      files: Readonly<Record<string, string>>,
      requests: readonly (typeof asked extends fc.Arbitrary<infer T> ? T : never)[],
    ): Promise<void> => {
      const { root, paths } = await provide(files)
      for (const { at, depth, scope: any, part } of requests) {
        const names = (paths[at % paths.length] ?? '').split('/').slice(0, depth)
        const scope = part ? 'entity' : any
        const url = [root, ...names.map(encodeURIComponent)].join('/')
        const expected = await provider.car(`${url}?${query({ scope, part })}`)
        const got = await fetched({ path: [root, ...names].join('/'), scope, part })
        expect(got.equals(expected), `${names.join('/')} ${query({ scope, part })} of ${JSON.stringify(files)}`).toBe(true)
      }
    }
    await fc.assert(fc.asyncProperty(tree, fc.array(asked, { minLength: 1, maxLength: 6 }), run), { numRuns: 50 })
  })

  test('blocks of other codecs, links among them, and what holds its content in its CID', async () => {
    await using ground = new AsyncDisposableStack()
    const fetched = await ENGINES[title]!(ground)
    const { root, file } = await imported()
    for (const below of ['', '/map/list/1', '/map/cbor', '/map/file', '/file', '/map/cbor/json/file'])
      for (const scope of ['block', 'entity', 'all'] as const) {
        const expected = await provider.car(`${root}${below}?dag-scope=${scope}`)
        expect((await fetched({ path: root + below, scope })).equals(expected), `${scope} of ${below}`).toBe(true)
      }
    await expect(fetched({ path: `${root}/map/none`, scope: 'all' })).rejects.toMatchObject({ code: expect.stringMatching(/NOT_FOUND/) })
    await expect(fetched({ path: `${file}/none`, scope: 'all' })).rejects.toMatchObject({ code: expect.stringMatching(/NOT_FOUND|NOT_DIRECTORY/) })
  })
})

/** A DAG of all codecs, at the provider. */
async function imported(): Promise<{ readonly root: string; readonly file: string }> {
  const file = await provider.daemon.run([...ADD], 'a file of several leaves, each of which has sixteen bytes')
  const bytes = await blockOf('raw', Buffer.from('leaf'))
  const link = CID.parse(file)
  const json = await blockOf('dag-json', { file: link })
  const cbor = await blockOf('dag-cbor', { json: json.link, again: bytes.link })
  const inline = CID.createV1(0x55, identity.digest(Buffer.from('inline')))
  const root = await blockOf('dag-cbor', { file: link, inline, map: { list: [inline, bytes.link], cbor: cbor.link, file: link } })
  const blocks = [root, cbor, json, bytes].flatMap((block) => [...carBlock(block.link, block.bytes)])
  await provider.daemon.run(['dag', 'import', '--pin-roots=false'], Buffer.concat([carHeader(root.link), ...blocks]))
  return { root: root.cid, file }
}
