import { open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKubo } from '../../scripts/servers/find.ts'
import { peakDuring } from './memory-of.ts'
import { emptyPlace, host } from './program.ts'

const MIB = 2 ** 20
export const GIB = 1024 * MIB

/** What a process of ours may hold, whatever goes through it. */
export const MOST = 300_000_000

export const ENGINES = ['embedded', 'kubo'] as const

/** A probe of `requires`. */
export async function hasRoom(gib: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize > gib * GIB
}

interface Load {
  readonly files: number
  /** Of each. */
  readonly bytes: number
}

/** A file in which no two blocks are equal, and none to that of another file. It takes little room. */
async function plant(file: string, number: number, bytes: number): Promise<void> {
  await using handle = await open(file, 'w')
  for (let at = 0; at < bytes; at += MIB) await handle.write(`file ${number}, block at ${at}`, at)
  await handle.truncate(bytes)
}

/** The most memory of the program while files go into IPFS by its tools, one after the other, and out again. The daemon of an engine counts for itself. */
export async function peakInAndOut(engine: (typeof ENGINES)[number], { files, bytes }: Load): Promise<number> {
  await using place = await emptyPlace()
  const env = { POLYMOUNT_IPFS_NETWORK: 'off', ...(engine === 'kubo' && { KUBO_BINARY: await findKubo() }) }
  await using agent = await host(place, [place.work, '--toolsets', 'all', '--engine', engine], { env })
  const call = async (name: string, args: Record<string, unknown>): Promise<Readonly<Record<string, unknown>>> => {
    const { isError, content, structuredContent } = await agent.client.callTool({ name, arguments: args }, { timeout: 900_000 })
    if (isError === true) throw new Error(JSON.stringify(content))
    return structuredContent as Readonly<Record<string, unknown>>
  }
  const [source, copy] = [join(place.work, 'source'), join(place.work, 'copy')]
  return await peakDuring(agent.pid, async () => {
    for (let number = 0; number < files; number++) {
      await plant(source, number, bytes)
      const { cid } = await call('ipfs_add', { from: source, pin: false })
      await call('ipfs_get', { cid, to: copy })
      await rm(copy)
    }
  })
}
