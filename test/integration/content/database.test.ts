import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { SharedDatabase } from '../../../src/content/database.ts'
import { temporaryFolder } from '../../support/content.ts'

const TABLE = 'CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT'

async function withDatabase(run: (db: SharedDatabase, file: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'x.db')
  const db = await SharedDatabase.open(file, [TABLE])
  await run(db, file)
  await db.close()
}

describe('a shared database', () => {
  test('takes write after write, each begun as soon as the last is done', async () => {
    await withDatabase(async (db) => {
      const insert = db.prepare('INSERT INTO t VALUES (?)')
      for (let n = 0; n < 200; n++) await db.write(() => insert.run(n))
      expect(await db.read(() => db.prepare('SELECT count(*) AS n FROM t').get())).toEqual({ n: 200 })
    })
  })

  test('keeps the writes that came together apart: one that throws leaves nothing, the others stay', async () => {
    await withDatabase(async (db) => {
      const insert = db.prepare('INSERT INTO t VALUES (?)')
      const results = await Promise.allSettled([
        db.write(() => insert.run(1)),
        db.write(() => {
          insert.run(2)
          throw new Error('no')
        }),
        db.write(() => insert.run(3)),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(await db.read(() => db.prepare('SELECT n FROM t').all())).toEqual([{ n: 1 }, { n: 3 }])
    })
  })

  test('waits for another process without standing still, and in the end says BUSY', async () => {
    await withDatabase(async (db, file) => {
      const hasty = await SharedDatabase.open(file, [TABLE], 20)
      const other = new Database(file)
      other.exec('BEGIN IMMEDIATE')
      const waiting = db.write(() => db.prepare('INSERT INTO t VALUES (1)').run())
      await expect(hasty.write(() => undefined)).rejects.toMatchObject({ code: 'BUSY', retryable: true })
      expect(await db.read(() => db.prepare('SELECT n FROM t').all())).toEqual([])
      other.exec('ROLLBACK')
      other.close()
      await waiting
      await hasty.close()
    })
  })

  test('refuses what a newer program has written', async () => {
    await withDatabase(async (_, file) => {
      const newer = await SharedDatabase.open(file, [TABLE, 'CREATE TABLE u (n INTEGER)'])
      await newer.close()
      await expect(SharedDatabase.open(file, [TABLE])).rejects.toMatchObject({ code: 'DATA_FOLDER_NEWER' })
    })
  })

  test('says that the disk is full, and goes on when there is room', async () => {
    await withDatabase(async (db) => {
      const pages = db.prepare<{ page_count: number }>('PRAGMA page_count').get()?.page_count ?? 0
      db.prepare(`PRAGMA max_page_count = ${pages}`).get()
      const fill = db.prepare('INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 100000) SELECT n FROM r')
      await expect(db.write(() => fill.run())).rejects.toMatchObject({ code: 'DISK_FULL' })
      db.prepare('PRAGMA max_page_count = 1000000').get()
      await db.write(() => fill.run())
      expect(await db.read(() => db.prepare('SELECT count(*) AS n FROM t').get())).toEqual({ n: 100_000 })
    })
  })
})
