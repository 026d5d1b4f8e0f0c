import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach } from 'vitest'
import { needsRclone, Rclone, REFUSED } from '../support/rclone.ts'
import { RCLONE_S3, S3Server } from '../support/s3.ts'
import { backendContract } from './backend.contract.ts'
import { behindLayers } from './support.ts'
import { vfsContract } from './vfs.contract.ts'

beforeEach(needsRclone)
const parts = new AsyncDisposableStack()
afterAll(() => parts.disposeAsync())

let bucket: Promise<readonly [control: Rclone, name: string]> | undefined

/** A bucket of a real server, by the name that it has in the user's configuration of rclone. */
async function configured(): Promise<readonly [control: Rclone, name: string]> {
  const server = parts.use(await S3Server.start(RCLONE_S3))
  const { bucket: name, endpoint, credentials } = await server.options()
  const remote = [
    '[store]',
    'type = s3',
    'provider = Rclone',
    `endpoint = ${endpoint}`,
    `access_key_id = ${credentials?.accessKeyId}`,
    `secret_access_key = ${credentials?.secretAccessKey}`,
  ]
  return [parts.use(await Rclone.control(remote.join('\n'))), name]
}

const make = async () => {
  const [control, name] = await (bucket ??= configured())
  return control.backend(`store:${name}/${randomUUID()}`)
}

backendContract('rclone over a configured S3', make, { runs: 5, refused: REFUSED, normalizes: true, row: 'rclone, s3' })
backendContract('rclone over a configured S3 behind its layers', async () => behindLayers('rclone', await make()), {
  runs: 2,
  refused: REFUSED,
  normalizes: true,
})
vfsContract('rclone over a configured S3', make, { runs: 3 })
