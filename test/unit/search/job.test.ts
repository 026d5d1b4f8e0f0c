import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { engine } from '../../../src/search/engine.ts'
import { runJob } from '../../../src/search/job.ts'
import { Control, type Job } from '../../../src/search/protocol.ts'

const rg = await engine()
const task = { pattern: 'hit', output: 'lines', context: 0, ignoreCase: false, literal: false, limit: 100, afterLine: 0 } as const

const job = (files: Job['files'], count: number): Job => ({ files, task: { ...task, files: count } })

describe('a job', () => {
  test('takes files from its bytes, piece by piece, or not at all', async () => {
    const control = new Control()
    const pieces = ['no\nh', 'it\n', '']
    const want = (file: number): void => {
      expect(file).toBe(1)
      control.give(Buffer.from(pieces.shift() ?? ''))
    }
    const bytes = new Uint8Array(Buffer.from('x hit')).buffer
    const items = [{ offset: 2, length: 3 }, 'pieces', 'absent'] as const
    const { found, cuts } = await runJob(job({ items, bytes }, 3), { engine: rg, control, want })
    expect(found).toMatchObject([
      { file: 0, line: 1, text: 'hit' },
      { file: 1, line: 2, text: 'hit' },
    ])
    expect(cuts).toEqual([{ file: 2, why: 'unreadable' }])
  })

  test('tells nothing of a file whose next piece cannot be had', async () => {
    const control = new Control()
    const answers = [(): void => control.give(Buffer.from('hit\n')), (): void => control.fail()]
    const { found, cuts } = await runJob(job({ items: ['pieces'], bytes: new ArrayBuffer(0) }, 1), { engine: rg, control, want: () => answers.shift()?.() })
    expect({ found, cuts }).toEqual({ found: [], cuts: [{ file: 0, why: 'unreadable' }] })
  })

  test('stops while it waits for a piece', async () => {
    const control = new Control()
    const outcome = await runJob(job({ items: ['pieces'], bytes: new ArrayBuffer(0) }, 1), { engine: rg, control, want: () => control.stop() })
    expect(outcome).toMatchObject({ complete: false, found: [] })
    control.reset()
    expect(control.stopped).toBe(false)
  })

  test('reads by itself the files of a storage that threads can read', async () => {
    const root = await mkdtemp(join(tmpdir(), 'polymount-job-'))
    await writeFile(join(root, 'a'), 'no\nhit\n')
    await using local = new LocalBackend({ root })
    const files = { access: local.threads, paths: [vfsPath('/none'), vfsPath('/a')] }
    const { found, cuts } = await runJob(job(files, 2), { engine: rg, control: new Control(), want: () => expect.fail('asked for a piece') })
    expect(found).toMatchObject([{ file: 1, line: 2 }])
    expect(cuts).toEqual([{ file: 0, why: 'unreadable' }])
    await rm(root, { recursive: true })
  })
})
