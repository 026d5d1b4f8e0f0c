/**
 * Work of a gateway in a process of its own, over a folder and a bucket: `node gateway.ts FOLDER DATA ENDPOINT BUCKET STEPS`.
 * STEPS is a JSON list of `[work, from, to]`; what each took is told as JSON. `/bucket` has the layers of any S3 storage, `/plain` no cache.
 */
import { vfsPath } from '../../../src/core/path.ts'
import { openGateway, schema } from '../../../src/gateway.ts'
import { oneByOne, timed } from '../measure.ts'

const [folder = '', data = '', endpoint = '', bucket = '', steps = ''] = process.argv.slice(2)
const CALL = { actor: { client: 'bench' } }
const TIMES = 200

const options = { bucket, endpoint, access_key_id: 'env:ID', secret_access_key: 'secret:key' }
const config = schema.parse({
  data_dir: data,
  ipfs: { network: 'off' },
  secrets: { key: { from: 'env:KEY', for: [endpoint] } },
  backends: { cached: { type: 's3', options, cache_ms: 60_000 }, plain: { type: 's3', options, cache_ms: 0 } },
  mounts: [
    { path: '/bucket', backend: 'cached' },
    { path: '/plain', backend: 'plain' },
  ],
})
await using gateway = await openGateway(config, {
  served: [{ path: vfsPath(folder), readOnly: false }],
  home: folder,
  env: process.env,
  guarded: [],
  log: (...what) => console.error(...what),
})
const { vfs } = gateway

type Work = (from: string, to: string) => Promise<number>

const copy =
  (more: { readonly concurrency?: number }): Work =>
  (from, to) =>
    timed(async () => {
      const { failed } = await vfs.copyInto(vfsPath(from), vfsPath(to), { ...CALL, ...more })
      if (failed[0]) throw new Error(`${failed[0].path}: ${failed[0].code} ${failed[0].message}`)
    })

const works: Readonly<Record<string, Work>> = {
  copy: copy({}),
  copy16: copy({ concurrency: 16 }),
  list: (from, count) =>
    timed(async () => {
      let found = 0
      for await (const { kind } of vfs.list(vfsPath(from), CALL)) if (kind === 'file') found++
      if (found !== Number(count)) throw new Error(`${found} files were listed`)
    }),
  stat: (from) => oneByOne(TIMES, () => vfs.stat(vfsPath(from), CALL)),
  read: (from) =>
    oneByOne(TIMES, async () => {
      for await (const _ of (await vfs.open(vfsPath(from), CALL)).read()) continue
    }),
}

const ms: number[] = []
for (const [work = '', from = '', to = ''] of JSON.parse(steps) as readonly (readonly string[])[]) ms.push((await works[work]?.(from, to)) ?? Number.NaN)
process.stdout.write(`${JSON.stringify({ ms, rss: process.resourceUsage().maxRSS / 1024 })}\n`)
