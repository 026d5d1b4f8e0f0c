import { expect, test } from 'vitest'
import { readListing } from '../../../backends/s3/listing.ts'

const FILE = '<Contents><Key>a%20b%2B</Key><LastModified>2026-01-01T00:00:00.5Z</LastModified><ETag>&#34;e&#x2d;1&quot;</ETag><Size>7</Size></Contents>'
const FOLDER = '<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>'
const MORE = '<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;&lt;&unknown;</NextContinuationToken>'
const answer = (inside: string): string =>
  `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Prefix></Prefix><EncodingType>url</EncodingType>${inside}</ListBucketResult>\n`

test('files, folders and the way to the next page are read', () => {
  expect(readListing(answer(`<KeyCount>2</KeyCount>${FILE}${FOLDER}${MORE}`))).toEqual({
    Contents: [{ Key: 'a%20b%2B', Size: 7, LastModified: new Date('2026-01-01T00:00:00.500Z'), ETag: '"e-1"' }],
    CommonPrefixes: [{ Prefix: 'c/' }],
    EncodingType: 'url',
    IsTruncated: true,
    NextContinuationToken: 't&<&unknown;',
  })
})

test('names that are not encoded come as they are', () => {
  const xml = answer(FILE.replace('a%20b%2B', ' a%20b+\u00e9&amp;&#xfeff; ')).replace('<EncodingType>url</EncodingType>', '<EncodingType></EncodingType>')
  expect(readListing(xml)).toMatchObject({ Contents: [{ Key: ' a%20b+\u00e9&\ufeff ' }], EncodingType: undefined })
})

test.each([
  ['ends of lines that XML changes', answer(FILE.replace('a%20b', 'a\rb'))],
  ['CDATA', answer(FILE.replace('a%20b%2B', '<![CDATA[a]]>'))],
  ['prefixes of names', answer(FILE).replaceAll(/<(\/?)(Contents|Key)/g, '<$1s3:$2')],
  ['fewer entries than it says', answer(`<KeyCount>2</KeyCount>${FILE}`)],
  ['a half answer', answer(FILE + FILE).slice(0, 300)],
  ['no size', answer(FILE.replace('<Size>7</Size>', ''))],
  ['a time that is none', answer(FILE.replace('2026', 'soon'))],
])('%s: that is left to the SDK', (_, xml) => {
  expect(readListing(xml)).toBeUndefined()
})
