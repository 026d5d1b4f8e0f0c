import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Committer } from '../../../src/sqlite/committer.ts'
import type { Database } from '../../../src/sqlite/database.ts'
import { openShared } from '../../../src/sqlite/shared.ts'
import { shrink } from '../../../src/sqlite/shrink.ts'

let folder: string
let db: Database
let other: Database
const SCHEMA = ['create table row(id integer primary key, content blob not null) strict']
const ROWS = 4000
const file = (): string => join(folder, 'x.db')

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shrink-'))
  db = await openShared(file(), SCHEMA)
  other = await openShared(file(), SCHEMA)
  db.immediate(() => {
    for (let i = 0; i < ROWS; i++) db.run('insert into row(content) values (?)', Buffer.alloc(6000, i))
  })
  db.pragma('wal_checkpoint(truncate)')
})

afterEach(() => {
  db.close()
  other.close()
  rmSync(folder, { recursive: true })
})

test('room that nothing takes goes back to the disk, while others write', async () => {
  const before = statSync(file()).size
  db.run('delete from row where id % 20 > 0')
  const shrinking = shrink(db, new Committer(db))
  const writer = new Committer(other)
  for (let i = 0; i < 20; i++) await writer.run(() => other.run('insert into row(content) values (?)', Buffer.alloc(6000, i)))
  await shrinking
  expect(statSync(file()).size).toBeLessThan(before / 8)
  expect([db.pragma('integrity_check'), db.get('select count(*) as n from row')]).toEqual(['ok', { n: ROWS / 20 + 20 }])
})

test('one that is cancelled leaves a whole database', async () => {
  db.run('delete from row where id % 2 > 0')
  await expect(shrink(db, new Committer(db), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
  expect([db.pragma('integrity_check'), db.get('select count(*) as n from row')]).toEqual(['ok', { n: ROWS / 2 }])
})
