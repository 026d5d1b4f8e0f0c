import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { requireLocalDisk } from '../../../src/sqlite/folder.ts'

const MOUNTS = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '40 22 0:30 / /srv rw shared:9 master:1 - virtiofs share rw',
  '41 22 0:31 / /srv/fast rw - ext4 /dev/vdb rw',
  '42 22 0:32 / /over rw - fuse.fuse-overlayfs overlay rw',
].join('\n')
const on = (type: number) => ({ type, mounts: () => MOUNTS })

test.each([
  ['nfs', 0x6969],
  ['smb2', 0xfe534d42],
  ['cifs', 0xff534d42 | 0], // as statfs gives it where the number is signed
  ['9p', 0x01021997],
])('a data folder on %s is refused', (name, type) => {
  expect(() => requireLocalDisk('/data', on(type))).toThrow(
    expect.objectContaining({ code: 'DATA_FOLDER_UNSUPPORTED', message: expect.stringContaining(name) }),
  )
})

test('of FUSE only the remote ones are refused, by the mount that really holds the folder', () => {
  expect(() => requireLocalDisk('/srv/data', on(0x65735546))).toThrow('virtiofs')
  expect(() => requireLocalDisk('/srv', on(0x65735546))).toThrow('virtiofs')
  expect(() => requireLocalDisk('/over/data', on(0x65735546))).not.toThrow()
  expect(() => requireLocalDisk('/srv/fast/data', on(0x65735546))).not.toThrow()
})

test('a local disk is accepted', () => {
  expect(() => requireLocalDisk(tmpdir())).not.toThrow()
})
