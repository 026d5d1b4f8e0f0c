/** A process that uses the tiny service: says where it is, and leaves when it is told to. */
import { createInterface } from 'node:readline'
import { echo, supervise } from '../../support/services.ts'

const t = await supervise([echo({ mode: process.argv[3] ?? '' })], process.argv[2] ?? '')
const { url } = await t.services.endpoint('echo')
process.stdout.write(`${url}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'leave') continue
  await t[Symbol.asyncDispose]()
  process.exit()
}
