import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { exactly } from '../../../src/ipfs/tree/guard.ts'
import type { Left, Publisher } from '../../../src/ipfs/tree/published.ts'
import { Overtaken } from '../../../src/ipfs/overtaken.ts'
import { codeOf, names } from '../../contract/support.ts'
import { temporaryFolder } from '../../support/content.ts'
import { publishedTree } from '../../support/published-tree.ts'

/** Refuses every root but the first, which is the empty tree. */
class Refusing implements Publisher {
  asked = 0

  async publish(_root: string, previous: string | undefined): Promise<void> {
    if (previous === undefined) return
    this.asked++
    throw new VfsError('CONFLICT', 'somebody else moved it')
  }

  async rivals(): Promise<readonly string[]> {
    return []
  }

  async withdraw(): Promise<boolean> {
    return false
  }

  async settle(): Promise<void> {}

  async left(): Promise<Left> {
    return { roots: [], replaced: false }
  }
}

test('a place that always says that somebody else was faster is asked once for each change', async () => {
  await using folder = await temporaryFolder()
  const publisher = new Refusing()
  await using tree = await publishedTree(folder.path, publisher)
  expect(await codeOf(tree.write(p('/f'), bytesOf('one')))).toBe('CONFLICT')
  expect(await codeOf(tree.mkdir(p('/d')))).toBe('CONFLICT')
  expect(publisher.asked).toBe(2)
  expect(await names(tree, p('/'))).toEqual([])
})

test('who is overtaken whenever it has looked is told BUSY at last', async () => {
  const overtaken = async () => () => Promise.reject(new Overtaken('/f', 'bafkqaaa', null))
  expect(await codeOf(exactly({}, overtaken))).toBe('BUSY')
})
