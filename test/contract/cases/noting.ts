import { expect, test } from 'vitest'
import type { Backend, Capabilities } from '../../../src/core/backend.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { bytesOf } from '../../../src/core/bytes.ts'

const NOTES = { origin: 'field 7', 'sent-by': 'anna' }

const bytes = (words: string) => bytesOf(Buffer.from(words))

/** For storages that keep metadata beside a content. */
export function noting(make: () => Promise<Backend>, { copy, trash }: Capabilities): void {
  test('metadata come with a content and are told of it', async () => {
    await using b = await make()
    expect((await b.write(p('/f'), bytes('one'))).metadata).toBeUndefined()
    expect((await b.stat(p('/f'))).metadata).toBeUndefined()
    await b.write(p('/f'), bytes('one'), { metadata: NOTES, id: 'c1' })
    expect((await b.stat(p('/f'))).metadata).toEqual(NOTES)
  })

  test('a new content keeps the metadata unless it brings its own', async () => {
    await using b = await make()
    await b.write(p('/f'), bytes('one'), { metadata: NOTES })
    await b.write(p('/f'), bytes('two'), { id: 'c1' })
    expect((await b.stat(p('/f'))).metadata).toEqual(NOTES)
    await b.write(p('/f'), bytes('three'), { metadata: {} })
    expect((await b.stat(p('/f'))).metadata).toBeUndefined()
  })

  test('what stood beside a content can be said again, and the stat of one file tells it', async () => {
    await using b = await make()
    await b.write(p('/f'), bytes('one'), { metadata: NOTES, headers: { 'content-encoding': 'gzip', 'content-type': 'text/x-old' } })
    const { metadata, headers } = await b.stat(p('/f'))
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'text/x-old' })
    await b.write(p('/f'), bytes('two'), { metadata: { other: 'x' }, headers: { 'content-type': 'text/x-new' } })
    expect((await b.stat(p('/f'))).headers).not.toHaveProperty('content-encoding')
    await b.write(p('/f'), bytes('one'), { metadata, headers })
    expect(await b.stat(p('/f'))).toMatchObject({ metadata: NOTES, headers })
  })

  if (copy)
    test('a copy has them too', async () => {
      await using b = await make()
      await b.write(p('/f'), bytes('one'), { metadata: NOTES })
      await b.copy(p('/f'), p('/g'), { id: 'c1' })
      expect((await b.stat(p('/g'))).metadata).toMatchObject(NOTES) // some servers add what they note themselves
    })

  if (trash)
    test('what is removed and brought back has them still', async () => {
      await using b = await make()
      await b.write(p('/f'), bytes('one'), { metadata: NOTES })
      await b.trash?.put(p('/f'), 'c1')
      await b.trash?.back('c1', p('/f'))
      expect((await b.stat(p('/f'))).metadata).toMatchObject(NOTES)
    })
}
