import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { noise, text } from '../../support/content.ts'
import { each, type MakeNode, rootOf, unique } from './make.ts'

const MIB = 1 << 20
const LARGE = 14 * MIB + 17 // the later leaves are hashed by other threads

/** Of profile unixfs-v1-2025, published with Kubo (test/cli/cid_profiles_test.go) or computed by it. */
const HELLO = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const EMPTY_FILE = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const EMPTY_FOLDER = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

/** Leaves that differ, in one memory. */
async function* counted(leaves: number): AsyncGenerator<Uint8Array> {
  const part = Buffer.alloc(MIB)
  for (let leaf = 0; leaf < leaves; leaf++) {
    part.writeUInt32LE(leaf)
    yield part
  }
}

export function adding(make: MakeNode): void {
  test.each([
    ['a few names', 3],
    ['so many names that it is sharded', 1300],
  ])('a folder of %s says the same of itself when it is made as when it is looked at', async (_, count) => {
    await using open = await make()
    const sources = Array.from({ length: count }, (__, i) => ({ path: `${'long'.repeat(50)}${i}`, content: bytesOf(String(i % 7)) }))
    const made = (await Array.fromAsync(open.node.addTree(each(sources)))).at(-1)
    expect(made).toMatchObject(await open.node.stat(made?.cid ?? ''))
  })

  test('add gives the published CIDs', async () => {
    await using open = await make()
    expect(await open.node.add(bytesOf('hello world'))).toMatchObject({ cid: HELLO, kind: 'file', size: 11 })
    expect(await open.node.add(bytesOf())).toMatchObject({ cid: EMPTY_FILE, kind: 'file', size: 0 })
    expect(await rootOf(open.node, [])).toBe(EMPTY_FOLDER)
  })

  test('add takes several leaves, cut anyhow, and gives the same bytes back', async () => {
    await using open = await make()
    const [whole, cut] = [await open.node.add(noise(LARGE)), await open.node.add(noise(LARGE, 0, 999_983))]
    expect(whole).toEqual(cut)
    expect(whole.size).toBe(LARGE)
    expect(Buffer.concat(await Array.fromAsync(open.node.read(whole.cid))).equals(Buffer.concat(await Array.fromAsync(noise(LARGE))))).toBe(true)
  })

  test('a large add takes the memory of a few leaves', async () => {
    await using open = await make()
    const before = process.memoryUsage().arrayBuffers
    await open.node.add(counted(250))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(125 * MIB) // what the collector lets wait on a Kubo is some 60
  })

  test('add tells its progress, and onlyHash keeps nothing', async () => {
    await using open = await make()
    const content = unique()
    const seen: number[] = []
    expect(await open.node.add(bytesOf(content), { onlyHash: true, onProgress: (bytes) => seen.push(bytes) })).toMatchObject({
      cid: rawCid(Buffer.from(content)),
    })
    expect(seen.at(-1)).toBe(content.length)
    await expect(open.node.stat(rawCid(Buffer.from(content)))).rejects.toMatchObject({ code: 'OFFLINE' })
    const tree = await Array.fromAsync(open.node.addTree(each([{ path: 'f', content: bytesOf(content) }]), { onlyHash: true }))
    await expect(open.node.stat(tree.at(-1)?.cid ?? '')).rejects.toMatchObject({ code: 'OFFLINE' })
  })

  test('a cancelled add, and one whose source dies, reject and keep no root', async () => {
    await using open = await make()
    const content = Buffer.from(unique())
    const gone = new AbortController()
    async function* cancelling() {
      yield content
      gone.abort()
      yield Buffer.alloc(3 * MIB)
      yield Buffer.alloc(3 * MIB)
    }
    await expect(open.node.add(cancelling(), { signal: gone.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    async function* dying() {
      yield* noise(LARGE, 3)
      throw new Error('the source died')
    }
    await expect(open.node.add(dying())).rejects.toThrow('the source died')
    await expect(Array.fromAsync(open.node.addTree(each([{ path: 'f', content: dying() }])))).rejects.toThrow('the source died')
    expect((await open.node.add(bytesOf('hello world'))).cid).toBe(HELLO)
  })

  test('addTree yields what it adds, folders behind what is in them, the root last', async () => {
    await using open = await make()
    const body = unique()
    const added = await Array.fromAsync(
      open.node.addTree(each([{ path: 'a/f', content: bytesOf(body) }, { path: 'a/empty' }, { path: 'é ?#%', content: bytesOf() }])),
    )
    expect(added.map(({ name }) => name)).toEqual(['a/f', 'é ?#%', 'a/empty', 'a', ''])
    expect(await text(open.node.read(`${added.at(-1)?.cid}/a/f`))).toBe(body)
    await expect(Array.fromAsync(open.node.addTree(each([{ path: '../x', content: bytesOf('x') }])))).rejects.toMatchObject({ code: 'INVALID_PATH' })
  })
}
