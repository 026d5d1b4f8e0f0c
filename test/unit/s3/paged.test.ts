import { expect, test } from 'vitest'
import { pages } from '../../../backends/s3/pages.ts'
import { codeOf } from '../../contract/support.ts'
import { answering } from './answering.ts'

const upload = (key: string, id: string): string => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>`

const listing = (more: string): string => `<ListBucketResult><Contents><Key>f</Key><Size>1</Size></Contents>${more}</ListBucketResult>`

test.each([
  ['tells no way to the rest', '<IsTruncated>true</IsTruncated>'],
  ['tells an empty one', '<IsTruncated>true</IsTruncated><NextContinuationToken></NextContinuationToken>'],
  ['leads back to where it is', '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>'],
])('a listing that breaks off and %s is not taken for the whole', async (_, more) => {
  await using server = await answering(() => listing(more))
  expect(await codeOf(pages(server.bucket, { prefix: '' }))).toBe('UNSUPPORTED')
})

test('what a server tells of no more than the way to is followed', async () => {
  await using server = await answering((_, asked) => listing(asked.has('continuation-token') ? '' : '<NextContinuationToken>t</NextContinuationToken>'))
  expect(await Array.fromAsync(pages(server.bucket, { prefix: '' }))).toHaveLength(2)
})

test.each([
  ['says so', '<IsTruncated>false</IsTruncated>'],
  ['says so and tells a way all the same', '<IsTruncated>false</IsTruncated><NextContinuationToken>t</NextContinuationToken>'],
  ['says nothing', ''],
])('one that is whole and %s ends', async (_, more) => {
  await using server = await answering(() => listing(more))
  expect(await Array.fromAsync(pages(server.bucket, { prefix: '' }))).toHaveLength(1)
})

// versitygw 1.8 does not take the marker of a second page that it gives.

test('uploads of a key are found on every page that tells of it', async () => {
  const more = '<IsTruncated>true</IsTruncated>'
  const answers: Record<string, string> = {
    '': `${more}<NextKeyMarker>f</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>${upload('f', '1')}${upload('f', '2')}`,
    'f 2': `${more}<NextKeyMarker>fa</NextKeyMarker><NextUploadIdMarker>4</NextUploadIdMarker>${upload('f', '3')}${upload('fa', '4')}`,
  }
  await using server = await answering((_, asked) => {
    const at = `${asked.get('key-marker') ?? ''} ${asked.get('upload-id-marker') ?? ''}`.trim()
    return `<ListMultipartUploadsResult>${answers[at] ?? 'unexpected'}</ListMultipartUploadsResult>`
  })
  expect((await server.bucket.multipart.unfinished('f')).map(({ id }) => id)).toEqual(['1', '2', '3'])
})

test('all that is kept of a key is expunged, page by page', async () => {
  const more = '<IsTruncated>true</IsTruncated>'
  const version = (key: string, id: string): string => `<Version><Key>${key}</Key><VersionId>${id}</VersionId></Version>`
  const answers: Record<string, string> = {
    '': `${more}<NextKeyMarker>f</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>${version('f', '1')}<DeleteMarker><Key>f</Key><VersionId>2</VersionId></DeleteMarker>`,
    'f 2': `${more}<NextKeyMarker>fa</NextKeyMarker><NextVersionIdMarker>4</NextVersionIdMarker>${version('f', '3')}${version('fa', '4')}`,
  }
  const deleted: (string | null)[] = []
  await using server = await answering((method, asked) => {
    if (method === 'DELETE') deleted.push(asked.get('versionId'))
    const at = `${asked.get('key-marker') ?? ''} ${asked.get('version-id-marker') ?? ''}`.trim()
    return method === 'DELETE' ? '' : `<ListVersionsResult>${answers[at] ?? 'unexpected'}</ListVersionsResult>`
  })
  await server.bucket.versions.expunge('f')
  expect(deleted).toEqual(['1', '2', '3'])
})

test.each([
  ['tells no way to the rest', ''],
  ['leads back to where it is', '<NextKeyMarker>f</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker><NextVersionIdMarker>1</NextVersionIdMarker>'],
])('what is told of one key by a server that breaks off and %s is not asked for without end', async (_, marker) => {
  const more = `<IsTruncated>true</IsTruncated>${marker}`
  const kept = '<Version><Key>f</Key><VersionId>1</VersionId></Version>'
  await using server = await answering((method, asked) => {
    if (method === 'DELETE') return ''
    return asked.has('uploads')
      ? `<ListMultipartUploadsResult>${more}${upload('f', '1')}</ListMultipartUploadsResult>`
      : `<ListVersionsResult>${more}${kept}</ListVersionsResult>`
  })
  await expect(server.bucket.multipart.unfinished('f')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(server.bucket.versions.expunge('f')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})
