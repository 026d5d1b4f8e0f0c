import { afterAll, beforeEach } from 'vitest'
import type { Backend } from '../../src/core/backend.ts'
import { openS3 } from '../../backends/s3/s3.ts'
import { needs, S3Server, type S3Program } from '../support/s3.ts'
import { backendContract, type ContractOptions } from './backend.contract.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'
import { behindLayers } from './support.ts'
import { vfsContract } from './vfs.contract.ts'

/** The contract over this real server, and two of its folders as mounts of one VFS. */
export function s3Contract(program: S3Program, options: ContractOptions): void {
  let server: Promise<S3Server> | undefined
  const running = (): Promise<S3Server> => (server ??= S3Server.start(program))
  afterAll(async () => (await server)?.[Symbol.asyncDispose]())
  beforeEach(needs(program))
  const name = `${program.program.name}${program.versions === true ? ' with versions' : ''}`

  const make = async (): Promise<Backend> => (await running()).backend()
  const layered = async (): Promise<Backend> => behindLayers('s3', await make())

  backendContract(`s3 on ${name}`, make, { ...options, row: `s3, ${name}` })

  backendContract(`s3 on ${name} behind its layers`, layered, { ...options, runs: 3 })

  vfsContract(`s3 on ${name}`, make, { runs: 4 })

  vfsContract(`s3 on ${name} behind its layers`, layered, { runs: 4 })

  vfsBehavesLikeATree(
    'two folders of one bucket',
    async () => {
      const bucket = await (await running()).options()
      return [await openS3({ ...bucket, prefix: 'x' }), await openS3({ ...bucket, prefix: 'y' })]
    },
    { runs: 4 },
  )
}
