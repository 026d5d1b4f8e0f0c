import { expect, test } from 'vitest'
import { Where } from '../../../backends/rclone/where.ts'
import { vfsPath as p } from '../../../src/core/path.ts'

const of = (named: string, Name: string, Root: string): Where => new Where(named, { Name, Root })

test.each([
  ['a name and a folder of it', of('drive:', 'drive', ''), of('drive:a/b', 'drive', 'a/b')],
  ['a remote that leads to another', of('photos:', 'drive', 'Photos'), of('drive:Photos/x', 'drive', 'Photos/x')],
  [
    'a connection string, whatever its reference stands for',
    of(':sftp,host="h:1",pass={file:/a:b}:', ':sftp{1}', ''),
    of(':sftp,host="h:1",pass={file:/a:b}:x', ':sftp{2}', 'x'),
  ],
])('one volume: %s', (_, whole, part) => {
  expect(whole.volume).toBe(part.volume)
})

test.each([
  ['two names', of('a:', 'a', ''), of('b:', 'b', '')],
  ['two hosts', of(':sftp,host=a:', ':sftp{1}', ''), of(':sftp,host=b:', ':sftp{2}', '')],
  ['where a user begins, and the root of the machine', of('s:x', 's', 'x'), of('s:/x', 's', '/x')],
])('two volumes: %s', (_, one, other) => {
  expect(one.volume).not.toBe(other.volume)
})

test('a place of one root is found from another one, if it lies there', () => {
  const [whole, part, beside] = [of('d:', 'd', ''), of('d:a/b', 'd', 'a/b/'), of('d:a/bc', 'd', 'a/bc')]
  expect(part.locate(p('/f'))).toBe('/a/b/f')
  expect([whole, part, beside].map((root) => root.find(p('/a/b/f')))).toEqual(['/a/b/f', '/f', undefined])
  expect(part.find(p('/a/b'))).toBe('/')
})
