import { constants, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Stage } from '../../../backends/local/stage.ts'
import { fault } from '../../../backends/local/errors.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { site } from './site.ts'

// A disk that keeps the bytes elsewhere than it was told to: what is appended does not stand where it was written.
const ELSEWHERE = constants.O_RDWR | constants.O_APPEND

async function* parts(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Buffer.alloc(100_000, i)
}

describe('what a disk keeps', () => {
  test.each([
    ['a small file', () => bytesOf(Buffer.from('sent')), 4],
    ['a file of many parts', () => parts(30), 3_000_000],
  ])('is compared with what was sent: %s', async (_, source, size) => {
    const { host } = await site()
    const [good, bad] = [host('good'), host('bad')]
    writeFileSync(bad, 'something else')
    const { dev } = statSync(bad, { bigint: true })
    using stage = new Stage(good, dev, undefined)
    await stage.fill(source())
    expect(stage.size).toBe(size)
    using lying = new Stage(bad, dev, undefined, ELSEWHERE)
    const error = await lying.fill(source()).catch((thrown: unknown) => fault(thrown, 'write', '/bad'))
    expect(error).toMatchObject({ code: 'CONTENT_DAMAGED', message: '/bad does not read back as it was written' })
  })
})
