/** A process that uses the tiny service, or the one at an address that it is given: says where it is, and leaves when it is told to. */
import { createInterface } from 'node:readline'
import { echo, supervise } from '../../support/services.ts'

const [, , folder = '', mode = '', used] = process.argv
const t = await supervise([echo({ mode, foreign: async () => (used === undefined ? undefined : { url: used, notes: [] }) })], folder)
const { url } = await t.services.endpoint('echo')
process.stdout.write(`${url}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'leave') continue
  await t[Symbol.asyncDispose]()
  process.exit()
}
