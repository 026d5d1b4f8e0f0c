import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Committer } from '../../../src/sqlite/committer.ts'
import type { Database } from '../../../src/sqlite/database.ts'
import { openShared } from '../../../src/sqlite/shared.ts'

let folder: string
let db: Database
let other: Database
const SCHEMA = ['create table row(id integer primary key, text text not null) strict']

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'committer-'))
  db = await openShared(join(folder, 'x.db'), SCHEMA)
  other = await openShared(join(folder, 'x.db'), SCHEMA)
})

afterEach(() => {
  db.close()
  other.close()
  rmSync(folder, { recursive: true })
})

const insert = (text: string | null) => (): number => db.run('insert into row(text) values (?)', text)
const texts = (): string[] => other.all<{ text: string }>('select text from row order by id').map((row) => row.text)

test('jobs of one turn share a transaction, and are answered after it', async () => {
  const committer = new Committer(db)
  const before = Number(other.pragma('data_version'))
  await Promise.all(['a', 'b', 'c'].map((text) => committer.run(insert(text))))
  expect(texts()).toEqual(['a', 'b', 'c'])
  expect(Number(other.pragma('data_version'))).toBe(before + 1)
})

test('a job that fails is alone in it, and nothing of it stays', async () => {
  const committer = new Committer(db)
  const half = (): void => {
    insert('half')()
    throw new Error('changed its mind')
  }
  const jobs = [committer.run(insert('a')), committer.run(half), committer.run(insert(null)), committer.run(insert('b'))]
  expect((await Promise.allSettled(jobs)).map((job) => job.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  await expect(jobs[1]).rejects.toThrow('changed its mind')
  await expect(jobs[2]).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('SQLITE_CONSTRAINT_NOTNULL') })
  expect(texts()).toEqual(['a', 'b'])
})

test('a locked database is waited for without stopping the event loop', async () => {
  const committer = new Committer(db)
  other.exec('begin immediate')
  const job = committer.run(insert('a'))
  let turns = 0
  for (; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
  expect(texts()).toEqual([])
  other.exec('commit')
  await job
  expect(turns).toBe(50)
  expect(texts()).toEqual(['a'])
})

test('past its deadline a job rejects BUSY, and the next one works', async () => {
  const committer = new Committer(db, 20)
  other.exec('begin immediate')
  await expect(committer.run(insert('late'))).rejects.toMatchObject({ code: 'BUSY', retryable: true })
  other.exec('commit')
  await committer.run(insert('a'))
  expect(texts()).toEqual(['a'])
})

test('a cancelled job never runs', async () => {
  const committer = new Committer(db)
  const stop = new AbortController()
  const jobs = [committer.run(insert('gone'), { signal: stop.signal }), committer.run(insert('a'))]
  stop.abort()
  await expect(jobs[0]).rejects.toMatchObject({ code: 'CANCELLED' })
  await jobs[1]
  expect(texts()).toEqual(['a'])
})

test('more jobs than one transaction takes are all committed, in order', async () => {
  const committer = new Committer(db)
  const names = Array.from({ length: 600 }, (_, i) => `n${i}`)
  await Promise.all(names.map((name) => committer.run(insert(name))))
  expect(texts()).toEqual(names)
})

test('settled waits for jobs that are not durable by themselves, and makes them so', async () => {
  const committer = new Committer(db)
  void committer.run(insert('a'), { durable: false })
  await committer.settled()
  expect(texts()).toEqual(['a'])
  expect(db.pragma('synchronous')).toBe(1)
  await committer.run(insert('b'))
  expect(db.pragma('synchronous')).toBe(2)
  await committer.settled()
})
