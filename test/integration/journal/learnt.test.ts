import { expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/types.ts'
import { actor, file, freshJournal, place, writing } from '../../support/journal.ts'

const VOLUME = 'local:test'
const knownOf = (journal: Journal, inner: string, etag: string): string | undefined => journal.known(VOLUME, [{ inner, etag }])[0]

async function changed(journal: Journal, inner: string, etag: string): Promise<void> {
  const change = await journal.begin(writing(inner))
  change.done(file(etag))
  await journal.settled()
}

async function learnt(journal: Journal, inner: string, etag: string, cid: string): Promise<void> {
  journal.learn(place(inner), etag, cid)
  await journal.settled()
}

test('what was learnt of a content that a later change has replaced, or moved away, is forgotten, and all else stays', async () => {
  await using it = await freshJournal()
  const { journal } = it
  await changed(journal, '/outside', 'first')
  for (const name of ['/replaced', '/moved', '/same', '/outside', '/quiet']) await learnt(journal, name, 'seen', `cid of ${name}`)
  await changed(journal, '/replaced', 'other')
  await changed(journal, '/same', 'seen')
  const move = await journal.begin({ kind: 'move', place: place('/there'), from: place('/moved'), actor, before: null })
  move.done(file('seen'))
  await journal.settled()
  expect(await journal.trim()).toBe(2)
  for (const name of ['/replaced', '/moved']) expect(knownOf(journal, name, 'seen')).toBeUndefined()
  for (const name of ['/same', '/outside', '/quiet']) expect(knownOf(journal, name, 'seen')).toBe(`cid of ${name}`)
})

test('of more than the bound the oldest go, also where there are many pages', async () => {
  await using it = await freshJournal()
  const { journal } = it
  for (let i = 0; i < 2500; i++) journal.learn(place(`/f${i}`), 'old', 'cid')
  await changed(journal, '/between', 'x')
  await learnt(journal, '/new', 'seen', 'cid')
  expect(await journal.trim(1)).toBe(2500)
  expect(knownOf(journal, '/new', 'seen')).toBe('cid')
  expect(await journal.trim(1)).toBe(0)
})
