import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noise } from '../../support/content.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'
import { KuboFiles } from '../../support/kubo-files.ts'
import { onKubo } from '../../support/on-kubo.ts'

type Format = { readonly cid_version?: number; readonly hash?: string }
type Op =
  | { readonly op: 'mkdir'; readonly path: string; readonly format: Format }
  | { readonly op: 'chcid'; readonly path: string; readonly format: Format }
  | { readonly op: 'write'; readonly path: string; readonly content: Uint8Array }
  | { readonly op: 'cp' | 'mv'; readonly path: string; readonly to: string }
  | { readonly op: 'rm'; readonly path: string }

const path = fc.array(fc.constantFrom('a', 'b', 'ü 🙂', '.c'), { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`)
const format = fc.constantFrom<Format>({}, { cid_version: 0 }, { cid_version: 1 }, { hash: 'sha2-512' }, { cid_version: 1, hash: 'sha2-256' })
const content = fc.oneof({ weight: 5, arbitrary: fc.uint8Array({ maxLength: 20 }) }, { weight: 1, arbitrary: fc.constant(await bytes(1_500_000)) })
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('mkdir' as const), path, format }),
  fc.record({ op: fc.constant('chcid' as const), path, format: format.map((one) => ({ cid_version: 1, ...one })) }),
  fc.record({ op: fc.constant('write' as const), path, content }),
  fc.record({ op: fc.constantFrom('cp' as const, 'mv' as const), path, to: path }),
  fc.record({ op: fc.constant('rm' as const), path }),
)

const near = fc.oneof(fc.nat({ max: 30 }), fc.integer({ min: (1 << 20) - 3, max: (1 << 20) + 3 }))
const part = fc.record({ offset: near, truncate: fc.boolean(), bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }) })

async function bytes(size: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(noise(size)))
}

/** True if it was done; what is refused here is not asked of Kubo, whose refusals are others. */
async function here(gateway: ConnectedGateway, top: string, it: Op): Promise<boolean> {
  const at = top + it.path
  if (it.op === 'write') return (await gateway.call('ipfs_files_write', { path: at, content_base64: base64(it.content), parents: true, if_match: '*' })).ok
  if (it.op === 'mkdir') return (await gateway.call('ipfs_files_mkdir', { path: at, parents: true, ...it.format })).ok
  if (it.op === 'chcid') return (await gateway.call('ipfs_files_chcid', { path: at, ...it.format })).ok
  if (it.op === 'rm') return (await gateway.call('ipfs_files_rm', { path: at, recursive: true })).ok
  return (await gateway.call(`ipfs_files_${it.op}`, { from: at, to: top + it.to })).ok
}

async function there(files: KuboFiles, top: string, it: Op): Promise<void> {
  const at = top + it.path
  const { cid_version: version, hash }: Format = 'format' in it ? it.format : {}
  const options = { ...(version !== undefined && { 'cid-version': version }), ...(hash !== undefined && { hash }) }
  if (it.op === 'mkdir') await files.mkdir(at, options)
  else if (it.op === 'chcid') await files.call('files/chcid', { arg: at, ...options })
  else if (it.op === 'rm') await files.rm(at)
  else if (it.op === 'write') {
    await files.mkdir(at.slice(0, at.lastIndexOf('/')))
    await files.put(at, it.content)
  } else if (it.path !== it.to) {
    await files.cp(at, top + it.to)
    if (it.op === 'mv') await files.rm(at)
  }
}

onKubo('the mutable tree beside that of Kubo', (daemon) => {
  const files = new KuboFiles(daemon)
  let round = 0

  describe.each([
    { where: 'in this process', runs: 25, config: {} },
    { where: 'on that Kubo', runs: 6, config: { ipfs: { engine: daemon.url, network: 'off' } } },
  ])('$where', ({ config, runs }) => {
    test('has the same CID after every folder operation and whole-file write', async () => {
      await using gateway = await connect({ config })
      await fc.assert(
        fc.asyncProperty(fc.array(op, { minLength: 4, maxLength: 16 }), async (ops) => {
          const [ours, theirs] = [`/ours-${round}`, `/theirs-${round++}`]
          await gateway.call('ipfs_files_mkdir', { path: ours })
          await files.mkdir(theirs)
          for (const it of ops) {
            if (await here(gateway, ours, it)) await there(files, theirs, it)
            const { result } = await gateway.call('ipfs_files_flush', { path: ours })
            expect([it, result['cid']]).toEqual([it, await files.cid(theirs)])
          }
        }),
        { numRuns: runs },
      )
    })

    test('has the same content after writes at any offset', async () => {
      await using gateway = await connect({ config })
      await fc.assert(
        fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (writes) => {
          const [ours, theirs] = [`/our-file-${round}`, `/their-file-${round++}`]
          for (const { offset, truncate, bytes: some } of writes) {
            const content_base64 = base64(some)
            expect((await gateway.call('ipfs_files_write', { path: ours, content_base64, offset, truncate })).ok).toBe(true)
            await files.write(theirs, some, { offset, truncate, create: true })
            const { result } = await gateway.call('ipfs_files_read', { path: ours, length: 1 << 20 })
            const rest = await gateway.call('ipfs_files_read', { path: ours, offset: 1 << 20, length: 1 << 20 })
            expect(Buffer.compare(Buffer.concat([bytesOf(result), bytesOf(rest.result)]), await files.read(theirs))).toBe(0)
          }
        }),
        { numRuns: runs },
      )
    })
  })
})

const bytesOf = ({ content: text, content_base64: base64 }: Readonly<Record<string, unknown>>): Buffer =>
  typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(base64), 'base64')

const base64 = (raw: Uint8Array): string => Buffer.from(raw).toString('base64')
