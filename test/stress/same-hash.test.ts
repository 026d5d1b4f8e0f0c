import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, expect, test } from 'vitest'
import { findKubo } from '../../scripts/servers/find.ts'
import { noise, temporaryFolder } from '../support/content.ts'
import { needsKubo } from '../support/kubo.ts'
import { embeddedAlone } from '../support/nodes.ts'

const GIB = 2 ** 30

beforeEach(needsKubo)

test('a file of 3 GiB has the CID that Kubo computes', { timeout: 600_000 }, async () => {
  await using folder = await temporaryFolder()
  const [file, IPFS_PATH] = [join(folder.path, 'big'), join(folder.path, 'repo')]
  await writeFile(file, noise(3 * GIB, 7, 1 << 20))
  const ipfs = await findKubo()
  await execa(ipfs, ['init', '--profile=test,unixfs-v1-2025'], { env: { IPFS_PATH } })
  const { stdout } = await execa(ipfs, ['add', '-Q', '--only-hash', file], { env: { IPFS_PATH } })
  await using open = await embeddedAlone()
  expect(await open.node.add(createReadStream(file, { highWaterMark: 1 << 20 }), { onlyHash: true })).toMatchObject({ cid: stdout, size: 3 * GIB })
})
