import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawCid } from '../../../src/core/cid.ts'
import type { ConnectedGateway } from '../../support/gateway.ts'
import { onEngines } from '../../support/on-engines.ts'

onEngines('the tools of blocks and pins', (connect) => {
  let session: ConnectedGateway

  beforeAll(async () => {
    session = await connect({ files: { 'd/a': 'one', 'd/sub/b': 'two' } })
  })
  afterAll(() => session[Symbol.asyncDispose]())

  const put = async (args: Record<string, unknown>): Promise<string> => {
    const { ok, result, text } = await session.call('ipfs_dag_put', args)
    expect(ok, text).toBe(true)
    return String(result['cid'])
  }
  const get = async (cid: string, rest: Record<string, unknown> = {}): Promise<Readonly<Record<string, unknown>>> =>
    (await session.call('ipfs_dag_get', { cid, ...rest })).result

  const added = async (from: string): Promise<string> => String((await session.call('ipfs_add', { from: `${session.work}/${from}`, pin: false })).result['cid'])

  describe('ipfs_dag_put and ipfs_dag_get', () => {
    test('keep any value, and tell its CID as every implementation does', async () => {
      expect(await put({ value: { hello: 'world' } })).toBe('bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae')
      expect(await put({ content: '{ "hello": "world" }', store_codec: 'dag-json' })).toBe(await put({ value: { hello: 'world' }, store_codec: 'dag-json' }))
      const raw = await put({ content: 'bytes', input_codec: 'raw', store_codec: 'raw' })
      expect(raw).toBe(rawCid(Buffer.from('bytes')))
      expect(await get(raw)).toMatchObject({ value: { '/': { bytes: Buffer.from('bytes').toString('base64').replace(/=+$/, '') } }, remainder: '' })
      expect(await put({ value: 1, hash: 'sha2-512' })).toMatch(/^bafyrg/)
    })

    test('follow paths through every codec and across links', async () => {
      const folder = await added('d')
      const json = await put({ value: { folder: { '/': folder } }, store_codec: 'dag-json' })
      const root = await put({ value: { list: [0, { json: { '/': json } }], bytes: { '/': { bytes: 'AQID' } } } })
      expect(await get(`${root}/list/1/json`)).toMatchObject({ cid: json, remainder: '', value: { folder: { '/': folder } } })
      expect(await get(`/ipfs/${root}/list/0`)).toMatchObject({ cid: root, remainder: 'list/0', value: 0 })
      expect(await get(`${root}/bytes`)).toMatchObject({ value: { '/': { bytes: 'AQID' } } })
      expect(await get(`${root}/list/1/json/folder/sub/b`)).toMatchObject({ cid: rawCid(Buffer.from('two')), remainder: '' })
      expect(await get(`${folder}/Links/0/Name`)).toMatchObject({ cid: folder, remainder: 'Links/0/Name', value: 'a' })
      expect(await get(`${folder}/Links/0/Hash`)).toMatchObject({ cid: rawCid(Buffer.from('one')) })
    })

    test('give integers that JSON readers would round as text, exact', async () => {
      const big = await put({ content: '{"big":18446744073709551615,"small":1}' })
      const answer = await get(big)
      expect(answer).toMatchObject({ dag_json: '{"big":18446744073709551615,"small":1}' })
      expect(answer).not.toHaveProperty('value')
      expect(await get(`${big}/small`)).toMatchObject({ value: 1 })
    })

    test('write a value in another codec', async () => {
      const cid = await put({ value: ['a'] })
      expect(await get(cid, { output_codec: 'dag-cbor' })).toMatchObject({ content_base64: Buffer.from([0x81, 0x61, 0x61]).toString('base64') })
      expect(await get(cid, { output_codec: 'dag-pb' })).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
      const pb = await put({ value: { Data: { '/': { bytes: 'CAE' } }, Links: [] }, store_codec: 'dag-pb' })
      expect(pb).toBe('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
    })

    test('give a block in its own codec as it is, also what no value of ours tells apart', async () => {
      const float = Buffer.from('a16161fb3ff0000000000000', 'hex') // {a: 1.0}
      const cid = await put({ content_base64: float.toString('base64'), input_codec: 'dag-cbor' })
      expect(await get(cid, { output_codec: 'dag-cbor' })).toMatchObject({ content_base64: float.toString('base64') })
      expect(await get(`${cid}/a`, { output_codec: 'dag-cbor' })).toMatchObject({ content_base64: Buffer.from([1]).toString('base64') })
    })

    test('say what is wrong with a value or a path', async () => {
      const cid = await put({ value: { a: [1], text: 'x' } })
      for (const path of ['b', 'a/1', 'a/-1', 'a/00', 'a/length', 'text/0', '__proto__', 'constructor', 'Links']) {
        expect(await get(`${cid}/${path}`)).toMatchObject({ error_code: 'NOT_FOUND' })
      }
      expect(await get(`${rawCid(Buffer.from('one'))}/x`)).toMatchObject({ error_code: 'NOT_DIRECTORY' })
      for (const args of [
        {},
        { value: 1, content: '1' },
        { value: 1, input_codec: 'dag-cbor' },
        { content: '{' },
        { content: '{"/":"not a cid"}' },
        { content: '1 2' },
        { value: { a: 1 }, store_codec: 'dag-pb' },
        { value: 'text', store_codec: 'raw' },
        { content_base64: '/w==', input_codec: 'dag-cbor' },
      ])
        expect((await session.call('ipfs_dag_put', args)).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
      for (const args of [{}, { value: null }])
        expect((await session.call('ipfs_dag_put', args)).text).toContain('give exactly one of value, content, content_base64 and from; null is content="null"')
      const large = await session.call('ipfs_dag_put', { content: 'x'.repeat(3 << 20), input_codec: 'raw' })
      expect(large).toMatchObject({ result: { error_code: 'FILE_TOO_LARGE' }, text: expect.stringContaining('ipfs_add') })
      expect(session.logged).toEqual([])
    })

    test('take values of any depth', async () => {
      const depth = 1000
      const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`
      const cid = await put({ content: deep })
      expect(await get(cid)).toMatchObject({ dag_json: deep })
      let value: unknown = null
      for (let level = 0; level < 100_000; level++) value = [value]
      expect((await session.call('ipfs_dag_put', { value })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
      const large = await put({ value: 'x'.repeat(300_000) })
      expect(await get(large)).toMatchObject({ error_code: 'FILE_TOO_LARGE', context: { hint: expect.stringContaining('ipfs_block_get') } })
      expect(session.logged).toEqual([])
    })
  })

  describe('ipfs_refs', () => {
    test('tells links of one block, or all below it in pages', async () => {
      const folder = await added('d')
      const direct = (await session.call('ipfs_refs', { cid: folder })).result['refs']
      expect(direct).toEqual([rawCid(Buffer.from('one')), (await get(`${folder}/sub`))['cid']])
      const all: unknown[] = []
      let cursor: unknown
      do {
        const { result } = await session.call('ipfs_refs', { cid: folder, recursive: true, limit: 1, ...(cursor !== undefined && { cursor }) })
        all.push(...(result['refs'] as unknown[]))
        cursor = result['next_cursor']
      } while (typeof cursor === 'string')
      expect(all).toEqual([...(direct as unknown[]), rawCid(Buffer.from('two'))])
      expect((await session.call('ipfs_refs', { cid: folder, recursive: true, max_depth: 1 })).result).toMatchObject({ refs: direct })
      expect((await session.call('ipfs_refs', { cid: folder, cursor: 'nonsense' })).result).toMatchObject({ error_code: 'INVALID_CURSOR' })
      const { result } = await session.call('ipfs_refs', { cid: folder, limit: 1 })
      const [query] = JSON.parse(Buffer.from(String(result['next_cursor']), 'base64url').toString()) as unknown[]
      const forged = Buffer.from(JSON.stringify([query, 1e15])).toString('base64url')
      expect((await session.call('ipfs_refs', { cid: folder, cursor: forged })).result).toMatchObject({ error_code: 'INVALID_CURSOR' })
    })

    test('tells a link as often as it is met, unless it is to be unique', async () => {
      const leaf = { '/': rawCid(Buffer.from('one')) }
      await added('d')
      const inner = { '/': await put({ value: [leaf] }) }
      const root = await put({ value: [inner, [leaf, inner]] })
      const [l, i] = [leaf['/'], inner['/']]
      expect((await session.call('ipfs_refs', { cid: root, recursive: true })).result).toMatchObject({ refs: [i, l] })
      expect((await session.call('ipfs_refs', { cid: root, recursive: true, unique: false })).result).toMatchObject({ refs: [i, l, l, i, l] })
    })

    test('goes through 60 levels that double: each once in no time, or as many as were asked for', async () => {
      let below = await put({ value: 'end' })
      for (let level = 0; level < 60; level++) below = await put({ value: [{ '/': below }, { '/': below }] })
      expect((await session.call('ipfs_refs', { cid: below, recursive: true })).result['refs']).toHaveLength(60)
      expect((await session.call('ipfs_refs', { cid: below, recursive: true, unique: false, limit: 500 })).result['refs']).toHaveLength(500)
    })
  })

  test('names in a folder that no path can express are left out of it, and told', async () => {
    const link = { '/': rawCid(Buffer.from('x')) }
    const links = ['..', 'a/b', 'plain'].map((Name) => ({ Name, Tsize: 1, Hash: link }))
    const cid = await put({ value: { Data: { '/': { bytes: 'CAE' } }, Links: links }, store_codec: 'dag-pb' })
    expect((await session.call('vfs_ls', { path: `/ipfs/${cid}` })).result['entries']).toMatchObject([{ name: 'plain' }])
    const { notes } = (await session.call('vfs_list_mounts')).result
    expect(notes).toContainEqual(expect.stringMatching(/^\/ipfs: names that no path can express .*: 2, such as "[^"]*\/\.\."$/))
  })

  test('a pin that is neither file nor folder is left out of /ipfs, told, and keeps nobody from the others', async () => {
    const [value, file] = [await put({ value: { no: 'file' }, pin: true }), await put({ content: 'a file', input_codec: 'raw', store_codec: 'raw', pin: true })]
    await session.call('ipfs_pin_add', { cid: value, name: 'odd' })
    const { result } = await session.call('vfs_ls', { path: '/ipfs' })
    expect(result['entries']).toEqual(expect.arrayContaining([expect.objectContaining({ name: file })]))
    expect(JSON.stringify(result['entries'])).not.toMatch(new RegExp(`odd|${value}`))
    const { notes } = (await session.call('vfs_list_mounts')).result
    expect(notes).toContainEqual(expect.stringMatching(/^\/ipfs: pins .*: 1, such as "odd"$/))
    for (const cid of [value, file]) await session.call('ipfs_pin_rm', { cid })
  })

  test('ipfs_refs_local lists all blocks in order, page by page', async () => {
    await added('d')
    const all: string[] = []
    let cursor: unknown
    do {
      const { result } = await session.call('ipfs_refs_local', { limit: 3, ...(cursor !== undefined && { cursor }) })
      all.push(...(result['cids'] as string[]))
      cursor = result['next_cursor']
    } while (typeof cursor === 'string')
    expect(all).toEqual([...new Set(all)].toSorted())
    expect(all).toEqual(expect.arrayContaining([rawCid(Buffer.from('one')), rawCid(Buffer.from('two'))]))
  })

  test('ipfs_block_stat and ipfs_block_get tell a block as it is', async () => {
    const cid = await put({ value: 'some text' })
    expect((await session.call('ipfs_block_stat', { cid })).result).toMatchObject({ cid, size: 10 })
    expect((await session.call('ipfs_block_get', { cid, offset: 1, length: 4 })).result).toMatchObject({ content: 'some', size: 10, next_offset: 5 })
    const binary = await put({ content_base64: '/wA=', input_codec: 'raw', store_codec: 'raw' })
    expect((await session.call('ipfs_block_get', { cid: binary })).result).toMatchObject({ content_base64: '/wA=', next_offset: null })
    expect((await session.call('ipfs_block_get', { cid: binary, offset: 9 })).result).toMatchObject({ content: '', next_offset: null })
    const part = await put({ value: { a: 1 } })
    expect((await session.call('ipfs_block_get', { cid: `${part}/a` })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
  })

  describe('pins', () => {
    test('are made, listed page by page, moved and removed', async () => {
      const folder = await added('d')
      const { result } = await session.call('ipfs_pin_add', { cid: `/ipfs/${folder}`, name: 'release' })
      expect(result).toMatchObject({ pinned: [folder] })
      const first = await session.call('ipfs_pin_ls', { limit: 1 })
      expect(first.result).toMatchObject({ made: { recursive: 1, direct: 0 }, next_cursor: expect.any(String) })
      const rest = await session.call('ipfs_pin_ls', { cursor: first.result['next_cursor'] })
      const pins = [...(first.result['pins'] as object[]), ...(rest.result['pins'] as object[])]
      expect(pins).toHaveLength(4)
      expect(pins).toContainEqual({ cid: folder, type: 'recursive', name: 'release' })
      expect(pins).toContainEqual({ cid: rawCid(Buffer.from('two')), type: 'indirect', name: null })
      const next = await put({ value: 'next' })
      expect((await session.call('ipfs_pin_update', { old_cid: folder, new_cid: next })).result).toMatchObject({ old_cid: folder, new_cid: next })
      expect((await session.call('ipfs_pin_ls', { cid: next })).result).toMatchObject({ pins: [{ cid: next, type: 'recursive', name: 'release' }] })
      expect((await session.call('ipfs_pin_ls', { cid: folder })).result).toMatchObject({ error_code: 'NOT_PINNED' })
      expect((await session.call('ipfs_pin_rm', { cid: next, recursive: false })).result).toMatchObject({ error_code: 'NOT_PINNED' })
      expect((await session.call('ipfs_pin_rm', { cid: next })).result).toMatchObject({ unpinned: [next] })
      expect((await session.call('ipfs_pin_ls')).result).toMatchObject({ pins: [], made: { recursive: 0, direct: 0 } })
    })

    test('are left where they are by a move that is to leave them', async () => {
      const [one, two] = [await put({ value: 'stays', pin: true }), await put({ value: 'comes' })]
      expect((await session.call('ipfs_pin_update', { old_cid: one, new_cid: two, unpin: false })).ok).toBe(true)
      for (const cid of [one, two]) {
        expect((await session.call('ipfs_pin_ls', { cid })).result).toMatchObject({ pins: [{ cid, type: 'recursive' }] })
        await session.call('ipfs_pin_rm', { cid })
      }
    })

    test('of what is not here are refused off the network', async () => {
      const nowhere = rawCid(Buffer.from('nowhere'))
      expect((await session.call('ipfs_pin_add', { cid: nowhere })).result).toMatchObject({ error_code: 'OFFLINE' })
      const half = await put({ value: { '/': nowhere } })
      expect((await session.call('ipfs_pin_add', { cid: half })).result).toMatchObject({ error_code: 'OFFLINE' })
      expect((await session.call('ipfs_pin_ls', { cid: half })).result).toMatchObject({ error_code: 'NOT_PINNED' })
      expect((await session.call('ipfs_pin_add', { cid: half, recursive: false })).result).toMatchObject({ pinned: [half] })
    })
  })

  /** Every tool of the toolset that takes a CID. */
  const TAKING = ['ipfs_cat', 'ipfs_ls', 'ipfs_pin_add', 'ipfs_pin_rm', 'ipfs_pin_ls', 'ipfs_refs', 'ipfs_block_stat', 'ipfs_block_get', 'ipfs_dag_get']

  test.each(TAKING)('%s answers malformed CIDs and paths of every kind with a code', async (tool) => {
    const good = await put({ value: { a: 1 } })
    const paths = [
      'hello',
      '/ipfs/',
      '/ipfs//',
      '/',
      `${good}//a`,
      '/ipns/',
      `/ipns/${good}`,
      '/ipld/x',
      'bafy',
      good.slice(0, -1),
      `${good}x`,
      good.toUpperCase(),
      `Z${good}`,
      'Qm',
      `Qm${'1'.repeat(44)}`,
      '../../etc/passwd',
      '\0',
      `${good}/\0`,
      `${good}/..`,
      `${good}/${'a/'.repeat(1500)}`,
      'b'.repeat(4096),
      'b'.repeat(4097),
      '\ud800',
      'f01551220',
      'bafkqaaa/x',
      CID.createV1(0x55, digest.create(0x00, Buffer.alloc(129))).toString(), // more than a CID may hold itself
      CID.createV1(0x71, CID.parse('bafk2bzaceacufzhhfmkrzaz5ky7kvdx2i3ogqzcqlgzrpcyxqrkkqrmqz3a5o').multihash).toString(), // blake2b
    ]
    for (const cid of paths) {
      const { ok, result } = await session.call(tool, { cid })
      expect([cid, ok, result['error_code']]).toEqual([
        cid,
        false,
        expect.stringMatching(/^(INVALID_CID|INVALID_INPUT|NOT_FOUND|NOT_DIRECTORY|NOT_UNIXFS|OFFLINE|UNSUPPORTED|NAME_NOT_FOUND|NOT_PINNED)$/),
      ])
    }
    expect(session.logged).toEqual([])
  })
})
