import { afterAll, beforeEach } from 'vitest'
import { needsS3, S3Server } from '../support/s3.ts'
import { openS3 } from '../../backends/s3/s3.ts'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { backendContract } from './backend.contract.ts'
import { behindLayers } from './support.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'

const running = (): Promise<S3Server> => (server ??= S3Server.start())
let server: Promise<S3Server> | undefined
afterAll(async () => (await server)?.[Symbol.asyncDispose]())
beforeEach(needsS3)

backendContract('s3', async () => (await running()).backend(), { runs: 15, refused: ['\u0001\u001F\u007F'], row: 's3, versitygw' })

backendContract('s3 behind its layers', async () => behindLayers('s3', await (await running()).backend()), { runs: 5, refused: ['\u0001\u001F\u007F'] })

vfsBehavesLikeATree(
  'two folders of one bucket',
  async () => {
    const options = await (await running()).options()
    return [await openS3({ ...options, prefix: 'x' }), await openS3({ ...options, prefix: 'y' })]
  },
  { runs: 8 },
)

vfsBehavesLikeATree('a bucket and memory', async () => [await (await running()).backend(), new MemoryBackend()], { runs: 8 })
