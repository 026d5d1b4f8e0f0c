import { expect, test } from 'vitest'
import { actor, file, freshJournal, open, place, writing } from '../../support/journal.ts'

test('a change that ended is told with everything that was known of it', async () => {
  await using it = await freshJournal()
  const content = Buffer.from('old')
  const change = await it.journal.begin(
    writing('/a/f', { before: file('e1', 3, 'bafkold'), kept: { in: 'journal', cid: 'bafkold' }, content, after: { kind: 'file', size: 5 } }),
  )
  expect(change.id).toMatch(/^c[0-9a-v]{6}$/)
  expect(it.journal.get(change.id)).toMatchObject({ state: 'open', after: null })
  change.done(file('e2', 5, 'bafknew'))
  await it.journal.settled()
  expect(it.journal.get(change.id)).toEqual({
    change: change.id,
    seq: Number.parseInt(change.id.slice(1), 32),
    kind: 'write',
    state: 'done',
    place: place('/a/f'),
    from: null,
    parent: null,
    partsOnly: false,
    undoes: null,
    undoneBy: null,
    actor,
    at: expect.any(Date),
    before: file('e1', 3, 'bafkold'),
    after: file('e2', 5, 'bafknew'),
    kept: { in: 'journal', cid: 'bafkold' },
    reason: null,
  })
  expect(it.journal.content('bafkold')).toEqual(content)
  const seen = ['e2', 'e1'].map((etag) => ({ inner: '/a/f', etag }))
  expect(it.journal.known('local:test', seen)).toEqual(['bafknew', undefined])
})

test('what is learnt after the intent is added to it, and what is not said again stays', async () => {
  await using it = await freshJournal()
  const change = await it.journal.begin(writing('/f', { before: file('e1') }))
  await change.note({ kept: { in: 'trash', etag: 'e1' } })
  await change.note({ before: file('e2'), kept: { in: 'journal', cid: 'bafk2' }, content: Buffer.from('2') })
  expect(it.journal.get(change.id)).toMatchObject({ before: file('e2'), kept: { in: 'journal', cid: 'bafk2' } })
  expect(it.journal.content('bafk2')).toEqual(Buffer.from('2'))
  await change.aborted()
  expect(it.journal.get(change.id)).toMatchObject({ state: 'aborted', after: null })
  await expect(change.note({ before: file('e3') })).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('what is not there is undefined, and a name that is no id too', async () => {
  await using it = await freshJournal()
  expect(it.journal.get('c000001')).toBeUndefined()
  expect(it.journal.get('../etc')).toBeUndefined()
  expect(it.journal.parts('x').toArray()).toEqual([])
  expect(it.journal.content('bafk')).toBeUndefined()
})

test('two journals begin at different numbers, so that their staged files have different names', async () => {
  await using one = await freshJournal()
  await using two = await freshJournal()
  const [a, b] = [await one.journal.begin(writing('/f')), await two.journal.begin(writing('/f'))]
  expect(a.id).not.toBe(b.id)
  expect((await one.journal.begin(writing('/g'))).id).toBe(`c${(Number.parseInt(a.id.slice(1), 32) + 1).toString(32)}`)
})

test('a second one waits for the first, and sees the path free afterwards', async () => {
  await using it = await freshJournal()
  const first = await it.journal.begin(writing('/f'))
  let began = false
  const second = it.journal.begin(writing('/f')).then((change) => {
    began = true
    return change
  })
  await it.journal.begin(writing('/other'))
  expect(began).toBe(false)
  first.done(file('e1'))
  expect((await second).id).not.toBe(first.id)
})

test('the journal is the same after it was closed and opened', async () => {
  await using it = await freshJournal()
  ;(await it.journal.begin(writing('/f'))).done(file('e1', 1, 'bafk1'))
  await it.journal.settled()
  const again = await open(it.folder)
  expect(again.history({ limit: 9 }).map((record) => record.state)).toEqual(['done'])
  await again[Symbol.asyncDispose]()
})
