import { expect, test } from 'vitest'
import { fromAnswer } from '../../../backends/rclone/errors.ts'

/** As rclone 1.75 answers. */
const answer = (error: string, input: Record<string, unknown> = {}): string => JSON.stringify({ error, input, path: 'operations/stat', status: 500 })

test.each([
  ['a port', answer('Propfind "http://127.0.0.1:40312/f": read tcp 127.0.0.1:40312->127.0.0.1:43403: read: connection reset by peer')],
  ['a port that is a status', answer('dial tcp 127.0.0.1:403: connect: connection refused')],
  ['a name in an address', answer('Propfind "http://127.0.0.1:8080/quota%20403": EOF')],
  ['a name on a disk', answer('open /home/me/forbidden/429: input/output error')],
  ['a name that was asked for', answer('failed to read no such file of a permission denied 401', { remote: 'no such file of a permission denied 401' })],
  ['a remote', answer('cannot reach 507 now', { fs: '507' })],
  ['no answer of rclone', '<html>later</html>'],
])('%s is taken for no refusal', (_, told) => {
  expect(fromAnswer(500, told).code).toBe('UNAVAILABLE')
})

test.each([
  ['Mkcol "http://127.0.0.1:1/f": 403 Forbidden', 'PERMISSION_DENIED'],
  ['googleapi: Error 403: The caller may not', 'PERMISSION_DENIED'],
  ['open /srv/f: permission denied', 'PERMISSION_DENIED'],
  ['Propfind "http://127.0.0.1:1/": 401 Unauthorized', 'CREDENTIALS_REFUSED'],
  ['PutObject, https response error StatusCode: 429, RequestID: x', 'RATE_LIMITED'],
  ['write /srv/f: no space left on device', 'QUOTA_EXCEEDED'],
  ['upload failed: 507 Insufficient Storage', 'QUOTA_EXCEEDED'],
  ['object not found', 'NOT_FOUND'],
  ['http remotes are read only', 'READ_ONLY'],
  ['open /srv/f: read-only file system', 'READ_ONLY'],
])('%s: %s', (error, code) => {
  expect(fromAnswer(500, answer(error, { remote: 'e' })).code).toBe(code)
})
