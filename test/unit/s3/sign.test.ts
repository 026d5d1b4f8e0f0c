import { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { Signature } from '../../../backends/s3/sign.ts'

const NOW = new Date('2026-11-26T09:08:07.654Z')
const SCOPE = { region: 'eu-central-1', service: 's3' }
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret-of-anyone' }
const HEADERS = {
  host: 'bucket.example:9000',
  'content-length': '3',
  'content-type': 'text/plain',
  'cache-control': 'max-age=5',
  'x-amz-meta-a': 'b c',
  'if-none-match': '*',
}

test.each([
  ['a plain key', '/bucket/key', KEYS, 'abc'],
  ['an encoded key, an empty body', '/bucket/a%20b/%C3%A4%2A', KEYS, ''],
  ['keys for a while', '/bucket/key', { ...KEYS, sessionToken: 'for-a-while' }, 'abc'],
] as const)('%s is signed as the SDK signs it', async (_, path, credentials, text) => {
  const body = Buffer.from(text)
  const client = new S3Client({ region: SCOPE.region, credentials })
  const signer = await client.config.signer()
  const request = { method: 'PUT', protocol: 'https:', hostname: 'bucket.example', path, query: {}, headers: { ...HEADERS }, body }
  const { headers } = await signer.sign(request, { signingDate: NOW, signingRegion: SCOPE.region, signingService: SCOPE.service })
  expect(new Signature(SCOPE).sign({ ...request, headers: HEADERS }, credentials, NOW)).toEqual(headers)
})

test('another day, and other keys, have another signature of the same', () => {
  const signature = new Signature(SCOPE)
  const request = { method: 'PUT', path: '/bucket/key', headers: HEADERS, body: Buffer.from('abc') }
  const of = (keys: typeof KEYS, now: Date): string | undefined => signature.sign(request, keys, now)['authorization']?.split('Signature=')[1]
  const first = of(KEYS, NOW)
  expect(of({ ...KEYS, secretAccessKey: 'another' }, NOW)).not.toBe(first)
  expect(of(KEYS, new Date('2026-11-27T09:08:07Z'))).not.toBe(first)
  expect(of(KEYS, NOW)).toBe(first)
})
