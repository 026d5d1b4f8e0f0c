import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { asVfsError, patiently } from '../../../src/sqlite/busy.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { openShared } from '../../../src/sqlite/shared.ts'

let folder: string
const file = (): string => join(folder, 'x.db')
const FIRST = 'create table a(id integer primary key) strict; insert into a values (7)'
const SECOND = 'alter table a add column text text; create table b(a integer references a(id)) strict'

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a shared database is in WAL, flushed at every commit, never waits inside SQLite, and keeps foreign keys', async () => {
  const db = await openShared(file(), [FIRST, SECOND])
  const pragmas = ['journal_mode', 'synchronous', 'busy_timeout', 'foreign_keys'].map((name) => db.pragma(name))
  expect(pragmas).toEqual(['wal', 2, 0, 1])
  expect(() => db.run('insert into b values (8)')).toThrow('FOREIGN KEY')
  db.close()
})

test('an older database is brought forward and keeps its rows', async () => {
  ;(await openShared(file(), [FIRST])).close()
  const db = await openShared(file(), [FIRST, SECOND])
  expect(db.all('select * from a')).toEqual([{ id: 7, text: null }])
  expect(db.pragma('user_version')).toBe(2)
  db.close()
})

test('two that open a new database at once both see it whole', async () => {
  const opened = await Promise.all([openShared(file(), [FIRST, SECOND]), openShared(file(), [FIRST, SECOND])])
  for (const db of opened) expect(db.get('select count(*) as n from a')).toEqual({ n: 1 })
  for (const db of opened) db.close()
})

test('a newer database is refused, and left as it is', async () => {
  ;(await openShared(file(), [FIRST, SECOND])).close()
  await expect(openShared(file(), [FIRST])).rejects.toMatchObject({ code: 'DATA_FOLDER_NEWER', details: { version: 2, known: 1 } })
  const db = new Database(file())
  expect(db.pragma('user_version')).toBe(2)
  db.close()
})

test('a migration that fails leaves nothing', async () => {
  await expect(openShared(file(), [`${FIRST}; create nonsense`])).rejects.toMatchObject({ code: 'INTERNAL' })
  const db = new Database(file())
  expect(db.all('select name from sqlite_schema')).toEqual([])
  db.close()
})

test('what is not a database, or cannot be opened, is said in the words of the gateway', async () => {
  writeFileSync(file(), 'x'.repeat(4096))
  await expect(openShared(file(), [FIRST])).rejects.toMatchObject({ code: 'DATA_FOLDER_DAMAGED', message: expect.stringContaining(file()) })
  expect(asVfsError(Object.assign(new Error('x'), { code: 'SQLITE_CANTOPEN' }))).toMatchObject({ code: 'PERMISSION_DENIED' })
  expect(asVfsError(Object.assign(new Error('x'), { code: 'SQLITE_FULL' }))).toMatchObject({ code: 'DISK_FULL' })
  const other = Object.assign(new Error('x'), { code: 'ENOENT' })
  expect(asVfsError(other)).toBe(other)
})

test('a database that stays locked is BUSY after the patience ends', async () => {
  const holder = await openShared(file(), [FIRST])
  const db = await openShared(file(), [FIRST])
  holder.exec('begin immediate')
  await expect(patiently(() => db.exec('begin immediate'), 10)).rejects.toMatchObject({ code: 'BUSY' })
  holder.exec('commit')
  await patiently(() => db.exec('begin immediate; commit'), 10)
  db.close()
  holder.close()
})

test('rows come one by one', async () => {
  const db = await openShared(file(), [FIRST])
  db.exec('insert into a values (8)')
  expect([...db.iterate('select id from a order by id')]).toEqual([{ id: 7 }, { id: 8 }])
  db.close()
})
