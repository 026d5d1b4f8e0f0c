import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'
import { EDITS, type EditCase } from '../../unit/text/edit.table.ts'

/** What a model reads after each situation of the table: edits.answers.txt, the whole of it, with E for an etag and C for a change. */
test('every edit leaves the bytes of the table, and says exactly what it did', async () => {
  await using gateway = await connect()
  const answers: string[] = []
  for (const [i, situation] of EDITS.entries()) {
    const at = join(gateway.work, `f${i}`)
    await writeFile(at, situation.file)
    const { text, result } = await gateway.call('vfs_edit', { path: at, ...argumentsOf(situation) })
    const { gives } = situation
    const [content, opening] = isContent(gives) ? [gives, `${at} edited`] : [situation.file, `${gives[0]}: `]
    expect(Buffer.compare(await readFile(at), Buffer.from(content)), situation.title).toBe(0)
    expect(text.startsWith(opening), `${situation.title}: ${text}`).toBe(true)
    const said = text
      .replaceAll(at, '/f')
      .replaceAll(String(result['change']), 'C')
      .replace(/etag \S+/, 'etag E')
    answers.push(`= ${situation.title}\n${visible(said)}\n`)
  }
  await expect(answers.join('\n')).toMatchFileSnapshot('edits.answers.txt')
})

const isContent = (gives: EditCase['gives']): gives is string | Uint8Array => typeof gives === 'string' || gives instanceof Uint8Array

function argumentsOf({ edits }: EditCase): Record<string, unknown> {
  const steps = edits.map(([old_string, new_string, all]) => ({ old_string, new_string, replace_all: all === 'all' }))
  return steps.length === 1 ? { ...steps[0] } : { edits: steps }
}

/** Line ends alone are as they are. */
const visible = (text: string): string => text.replaceAll(/[^\P{C}\n]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)
