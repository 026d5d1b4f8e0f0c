/**
 * What the SDK of S3 takes by itself, in a process of its own: `node alone.ts ENDPOINT BUCKET put COUNT` or `get KEY`. Tells the
 * milliseconds. Nothing that stands on it is faster.
 */
import { randomBytes } from 'node:crypto'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { timed } from '../measure.ts'

const LANES = { put: 16, get: 4 }
const PART = 8 << 20

const [endpoint = '', Bucket = '', work = '', what = ''] = process.argv.slice(2)
const credentials = { accessKeyId: process.env['ID'] ?? '', secretAccessKey: process.env['KEY'] ?? '' }
const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true })

/** So many at once, each with the next number. */
async function each(count: number, lanes: number, one: (at: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function put(): Promise<void> {
  const Body = randomBytes(4096)
  await each(Number(what), LANES.put, async (at) => void (await client.send(new PutObjectCommand({ Bucket, Key: `alone/${at}`, Body, IfNoneMatch: '*' }))))
}

async function get(): Promise<void> {
  const { ContentLength: size = 0 } = await client.send(new HeadObjectCommand({ Bucket, Key: what }))
  await each(Math.ceil(size / PART), LANES.get, async (at) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: what, Range: `bytes=${at * PART}-${(at + 1) * PART - 1}` }))
    for await (const _ of Body as AsyncIterable<Uint8Array>) continue
  })
}

process.stdout.write(String(await timed(work === 'put' ? put : get)))
client.destroy()
