import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { CODES } from '../../../src/core/codes.ts'
import { openJournal } from '../../../src/journal/open.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { runHere } from '../../support/io.ts'
import { hashes, serving } from '../../support/journal.ts'
import { emptyPlace, type Place } from '../../support/program.ts'

/** What statfs tells of every folder, in place of the truth: a share of a network that tests have not. */
const ground = vi.hoisted((): { type?: number } => ({}))
vi.mock(import('node:fs'), async (original) => {
  const fs = await original()
  const statfsSync = (path: string) => Object.assign(fs.statfsSync(path), ground)
  return { ...fs, statfsSync: statfsSync as typeof fs.statfsSync }
})

beforeEach(() => void delete ground.type)

const dataOf = async ({ home }: Place): Promise<string> => {
  const folder = join(home, '.local/share/polymount')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

test.each(['journal.db', 'blocks.db'])('a data folder whose %s a newer polymount wrote ends the start, and is left as it is', async (file) => {
  await using place = await emptyPlace()
  const db = new Database(join(await dataOf(place), file))
  db.pragma('user_version = 999')
  expect(await runHere(place, [])).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(`^polymount: DATA_FOLDER_NEWER: .*version 999.*\n  ${CODES.DATA_FOLDER_NEWER.hint}\n$`),
  })
  expect(db.pragma('user_version')).toBe(999)
  db.close()
})

test('a data folder on a share of a network ends the start, before anything is written there', async () => {
  await using place = await emptyPlace()
  const folder = await dataOf(place)
  ground.type = 0x6969
  expect(await runHere(place, [])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^polymount: DATA_FOLDER_UNSUPPORTED: .* lies on nfs.*\n {2}\S/) })
  await expect(openJournal({ folder, volumes: serving(), versions: hashes })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNSUPPORTED' })
  delete ground.type
  await using journal = await openJournal({ folder, volumes: serving(), versions: hashes })
  expect(journal.history({ limit: 1 })).toEqual([])
})
