import { expect, test } from 'vitest'
import { answering } from './answering.ts'

const upload = (key: string, id: string): string => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>`

// versitygw 1.8 does not take the marker of a second page that it gives.

test('uploads of a key are found on every page that tells of it', async () => {
  const more = '<IsTruncated>true</IsTruncated>'
  const pages: Record<string, string> = {
    '': `${more}<NextKeyMarker>f</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>${upload('f', '1')}${upload('f', '2')}`,
    'f 2': `${more}<NextKeyMarker>fa</NextKeyMarker><NextUploadIdMarker>4</NextUploadIdMarker>${upload('f', '3')}${upload('fa', '4')}`,
  }
  await using server = await answering((_, asked) => {
    const at = `${asked.get('key-marker') ?? ''} ${asked.get('upload-id-marker') ?? ''}`.trim()
    return `<ListMultipartUploadsResult>${pages[at] ?? 'unexpected'}</ListMultipartUploadsResult>`
  })
  expect((await server.bucket.multipart.unfinished('f')).map(({ id }) => id)).toEqual(['1', '2', '3'])
})

test('all that is kept of a key is expunged, page by page', async () => {
  const more = '<IsTruncated>true</IsTruncated>'
  const version = (key: string, id: string): string => `<Version><Key>${key}</Key><VersionId>${id}</VersionId></Version>`
  const pages: Record<string, string> = {
    '': `${more}<NextKeyMarker>f</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>${version('f', '1')}<DeleteMarker><Key>f</Key><VersionId>2</VersionId></DeleteMarker>`,
    'f 2': `${more}<NextKeyMarker>fa</NextKeyMarker><NextVersionIdMarker>4</NextVersionIdMarker>${version('f', '3')}${version('fa', '4')}`,
  }
  const deleted: (string | null)[] = []
  await using server = await answering((method, asked) => {
    if (method === 'DELETE') deleted.push(asked.get('versionId'))
    const at = `${asked.get('key-marker') ?? ''} ${asked.get('version-id-marker') ?? ''}`.trim()
    return method === 'DELETE' ? '' : `<ListVersionsResult>${pages[at] ?? 'unexpected'}</ListVersionsResult>`
  })
  await server.bucket.versions.expunge('f')
  expect(deleted).toEqual(['1', '2', '3'])
})
