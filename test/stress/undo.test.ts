import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const UNDOER = fileURLToPath(new URL('../support/many-undoer.ts', import.meta.url))
const HEAP_MB = 32

test('the undo of a change of 200,000 parts is planned within a heap that holds a fraction of them', async () => {
  const undoer = [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', UNDOER, '200000']
  const { stdout } = await promisify(execFile)(process.execPath, undoer)
  expect(JSON.parse(stdout)).toEqual({ undone: 1, conflicts: 0 })
}, 600_000)
