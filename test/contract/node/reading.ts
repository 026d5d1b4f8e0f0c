import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { noise, text } from '../../support/content.ts'
import { type MakeNode, rootOf, unique } from './make.ts'

const MIB = 1 << 20
const NOWHERE = rawCid(Buffer.from(unique('nobody has this')))

export function reading(make: MakeNode): void {
  test('stat tells kind and size, by CID and by path', async () => {
    await using open = await make()
    const root = await rootOf(open.node, [
      { path: 'd/f', content: bytesOf('12345') },
      { path: 'd/big', content: noise(2 * MIB + 1) },
    ])
    expect(await open.node.stat(root)).toMatchObject({ cid: root, kind: 'directory' })
    const file = await open.node.stat(`/ipfs/${root}/d/f`)
    expect(file).toMatchObject({ cid: rawCid(Buffer.from('12345')), kind: 'file', size: 5 })
    expect(await open.node.stat(file.cid)).toEqual(file)
    expect(await open.node.stat(`${root}/d/big`)).toMatchObject({ kind: 'file', size: 2 * MIB + 1 })
    expect(await open.node.resolve(`${root}/d/f`)).toBe(file.cid)
  })

  test('read gives any range, and nothing past the end', async () => {
    await using open = await make()
    const whole = Buffer.concat(await Array.fromAsync(noise(3 * MIB)))
    for (const size of [3 * MIB, 1000]) {
      const { cid } = await open.node.add(bytesOf(whole.subarray(0, size)))
      for (const [offset, length] of [
        [0, 10],
        [size - 5, 100],
        [size, 1],
        [size + 9, 1],
        [7, 0],
        [MIB - 3, 6],
      ] as const) {
        const part = Buffer.concat(await Array.fromAsync(open.node.read(cid, { offset, length })))
        expect(part).toEqual(whole.subarray(0, size).subarray(offset, offset + length))
      }
    }
  })

  test('list goes in the order of names, on from any name, in flat folders and in sharded ones', async () => {
    await using open = await make()
    for (const count of [5, 6000]) {
      const names = Array.from({ length: count }, (_, i) => `file-${String(i).padStart(5, '0')}`)
      const root = await rootOf(
        open.node,
        names.map((path) => ({ path, content: bytesOf('x') })),
      )
      expect((await Array.fromAsync(open.node.list(root))).map(({ name }) => name)).toEqual(names)
      const rest = await Array.fromAsync(open.node.list(`/ipfs/${root}`, { after: names.at(-3) }))
      expect(rest.map(({ name, kind, size }) => [name, kind, size])).toEqual(names.slice(-2).map((name) => [name, 'file', 1]))
      expect(await open.node.resolve(`${root}/${names[3]}`)).toBe(rawCid(Buffer.from('x')))
    }
  })

  test('what is not there, or not what is asked for, has a code of its own', async () => {
    await using open = await make()
    const root = await rootOf(open.node, [{ path: 'f', content: bytesOf('x') }])
    const { node } = open
    const refused: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['NOT_FOUND', () => node.stat(`${root}/nope`)],
      ['NOT_FOUND', () => node.resolve(`${root}/nope/below`)],
      ['NOT_DIRECTORY', () => node.stat(`${root}/f/below`)],
      ['NOT_DIRECTORY', () => Array.fromAsync(node.list(`${root}/f`))],
      ['IS_DIRECTORY', () => Array.fromAsync(node.read(root))],
      ['OFFLINE', () => node.stat(NOWHERE)],
      ['OFFLINE', () => Array.fromAsync(node.read(NOWHERE))],
      ['INVALID_CID', () => node.stat('garbage')],
      ['INVALID_CID', () => node.resolve(`/ipfs/${root}//f`)],
      ['INVALID_CID', () => node.stat('')],
    ]
    for (const [code, work] of refused) await expect(work(), String(work)).rejects.toMatchObject({ code })
    await expect(node.stat(NOWHERE)).rejects.toThrow(`${NOWHERE} is not on this machine, and the IPFS node is kept off the network`)
  })

  test('a cancelled call does not begin', async () => {
    await using open = await make()
    const root = await rootOf(open.node, [{ path: 'f', content: noise(2 * MIB) }])
    const signal = AbortSignal.abort()
    await expect(open.node.stat(`${root}/f`, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(text(open.node.read(`${root}/f`, { signal }))).rejects.toMatchObject({ code: 'CANCELLED' })
  })
}
