import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach } from 'vitest'
import { needsRclone, Rclone, REFUSED } from '../support/rclone.ts'
import { backendContract } from './backend.contract.ts'
import { behindLayers } from './support.ts'
import { vfsContract } from './vfs.contract.ts'

/** The contract over a real server of this protocol, which is another rclone: it takes names of one normal form for the same. */
export function rcloneContract(protocol: 'sftp' | 'webdav'): void {
  let both: Promise<readonly [Rclone, Rclone]> | undefined
  beforeEach(needsRclone)
  afterAll(async () => {
    for (const started of (await both) ?? []) await started[Symbol.asyncDispose]()
  })
  const make = async () => {
    const [control, server] = await (both ??= Promise.all([Rclone.control(), Rclone.serving(protocol)]))
    return control.backend(`${await server.reached(protocol, control)}${randomUUID()}`)
  }
  const layered = async () => behindLayers('rclone', await make())
  const names = { refused: REFUSED, normalizes: true }
  backendContract(`rclone over ${protocol}`, make, { runs: 5, ...names, row: `rclone, ${protocol}` })
  backendContract(`rclone over ${protocol} behind its layers`, layered, { runs: 2, ...names })
  vfsContract(`rclone over ${protocol}`, make, { runs: 3 })
  vfsContract(`rclone over ${protocol} behind its layers`, layered, { runs: 3 })
}
