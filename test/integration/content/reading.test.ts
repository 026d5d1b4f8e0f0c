import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cidOf, RAW } from '../../../src/content/unixfs/codec.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { withContent } from '../../support/content.ts'

test('a block that is freed and put again while somebody reads it stays, and is read', async () => {
  await withContent(async (content, folder) => {
    const block = Buffer.alloc(100_000, 'x')
    const { multihash } = cidOf(RAW, block)
    await using batch = content.blocks.batch()
    await batch.put(multihash.bytes, block)
    await batch.commit()
    const reading = content.blocks.get(multihash.bytes) // has seen the row, and not yet the file
    const hex = Buffer.from(multihash.bytes).toString('hex')
    rmSync(join(folder, 'blocks', hex.slice(-2), hex))
    const others = new Database(join(folder, 'blocks.db'))
    others.run('UPDATE block SET generation = generation + 1, content = ?', block)
    others.close()
    expect(Buffer.from((await reading) ?? []).equals(block)).toBe(true)
    expect(await content.blocks.has(multihash.bytes)).toBe(true)
  })
})
