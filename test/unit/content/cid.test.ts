import * as fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as digests from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'
import { expect, test } from 'vitest'
import { cidText, rawCid, rawDigest } from '../../../src/core/cid.ts'

test('a small content has the published CID', () => {
  expect(rawCid(Buffer.from('hello world'))).toBe('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')
})

test('rawCid is what multiformats says, and rawDigest is its inverse', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (content) => {
      const digest = await sha256.digest(content)
      const cid = rawCid(content)
      expect(cid).toBe(CID.createV1(raw.code, digest).toString())
      expect(rawDigest(cid)).toEqual(Buffer.from(digest.digest))
    }),
  )
})

test('the text of any CIDv1 is what multiformats says', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 100 }), (codec, code, digest) => {
      const cid = CID.createV1(codec, digests.create(code, digest))
      expect(cidText(cid.bytes)).toBe(cid.toString())
    }),
  )
})

test.each([
  '',
  'bafkrei',
  'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o',
  'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
  'BAFKREIFZJUT3TE2NHYEKKLSS27NH3K72YSCO7Y32KOAO5EEI66WOF36N5E',
])('rawDigest leaves the form %j to others', (text) => {
  expect(rawDigest(text)).toBeUndefined()
})
