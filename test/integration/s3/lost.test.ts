import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { connect } from '../../../backends/s3/connect.ts'
import { openS3 } from '../../../backends/s3/s3.ts'
import { type Reached, tellsTheTruthOfLostAnswers } from '../../contract/lost.contract.ts'
import { LosingProxy } from '../../support/losing-proxy.ts'
import type { TestVfs } from '../../support/vfs.ts'
import { needsS3, type S3Program, S3Server, VERSITY, VERSITY_VERSIONS } from '../../support/s3.ts'

beforeEach(needsS3)

const SERVED: readonly (readonly [string, S3Program, readonly string[] | undefined])[] = [
  ['a bucket', VERSITY, undefined],
  ['a bucket that keeps versions', VERSITY_VERSIONS, ['an overwrite', 'a removal', 'a move', 'a return of a file']],
]

describe.each(SERVED)('of %s', (_, program, operations) => {
  let server: S3Server
  beforeAll(async () => void (server = await S3Server.start(program)))
  afterAll(() => server[Symbol.asyncDispose]())

  async function reached(): Promise<Reached> {
    await using parts = new AsyncDisposableStack()
    const options = await server.options()
    const proxy = parts.use(await LosingProxy.start(() => server.endpoint))
    const backend = parts.use(await openS3({ ...options, endpoint: proxy.url }))
    const owned = parts.move()
    const left = async ({ journal }: TestVfs): Promise<string[]> => {
      const kept = journal.history({ parts: true, limit: 1000 }).map(({ change }) => change)
      const { objects } = await connect(options).page({ prefix: '' })
      return objects
        .map(({ source }) => source.key)
        .filter((key) => !/^([fg]|d\/.*)$/.test(key) && !kept.some((change) => key.startsWith(`.polymount/trash/${change}`)))
    }
    return { backend, proxy, left, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  }

  tellsTheTruthOfLostAnswers(reached, /^(PUT|POST|DELETE) /, { operations, concurrent: true })
})
