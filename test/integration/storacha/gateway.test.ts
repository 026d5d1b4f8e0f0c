import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeEach, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, text } from '../../contract/support.ts'
import { noise, temporaryFolder } from '../../support/content.ts'
import { needsKubo } from '../../support/kubo.ts'
import { storachaAlone, TestStoracha } from '../../support/storacha.ts'
import { trustless } from '../../support/trustless.ts'

beforeEach(needsKubo)

test('another data folder reads a space by a real trustless gateway that has it, and changes it there', async () => {
  await using service = await TestStoracha.start()
  await using kubo = await trustless()
  await using disk = await temporaryFolder()
  const space = await service.space()
  await using first = await storachaAlone(service, { space })
  const large = await buffer(noise(3 << 20))
  await first.write(p('/a'), bytesOf('one'))
  await first.mkdir(p('/d'))
  await first.write(p('/d/large'), bytesOf(large))
  await mkdir(join(disk.path, 'd'))
  await writeFile(join(disk.path, 'a'), 'one')
  await writeFile(join(disk.path, 'd/large'), large)
  const held = await kubo.daemon.run(['add', '-rQ', '--cid-version=1', '--chunker=size-1048576', disk.path])
  expect(held.trim()).toBe((await first.stat(p('/'))).cid)
  await using second = await storachaAlone(service, { space, gateway: kubo.gateway })
  expect(await text(second.read(p('/a')))).toBe('one')
  expect(await buffer(second.read(p('/d/large')))).toEqual(large)
  await second.write(p('/a'), bytesOf('two'))
  expect(await service.listed(space)).toEqual([(await second.stat(p('/'))).cid])
  expect(await codeOf(first.write(p('/a'), bytesOf('three')))).toBe('CONFLICT')
})
