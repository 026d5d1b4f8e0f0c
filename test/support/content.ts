import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCipheriv } from 'node:crypto'
import type { Bytes } from '../../src/core/backend.ts'
import { type LocalContent, openContentStore } from '../../src/content/store.ts'
import { embeddedNode, type EmbeddedOptions } from '../../src/ipfs/embedded/index.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'

/** A data folder that goes with the test. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'polymount-content-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export async function withContent(run: (content: LocalContent, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using content = await openContentStore({ folder: folder.path })
  await run(content, folder.path)
}

export interface OpenNode extends AsyncDisposable {
  readonly node: IpfsNode
  readonly content: LocalContent
}

/** A node, off the network if nothing else is said; several may share a folder, as processes do. */
export async function openNode(folder: string, options: Partial<EmbeddedOptions> = {}): Promise<OpenNode> {
  const content = await openContentStore({ folder })
  const node = await embeddedNode({ content, folder, network: 'off', ...options })
  const close = async (): Promise<void> => {
    await node[Symbol.asyncDispose]()
    await content[Symbol.asyncDispose]()
  }
  return { node, content, [Symbol.asyncDispose]: close }
}

export async function withNode(run: (node: IpfsNode, content: LocalContent, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using open = await openNode(folder.path)
  await run(open.node, open.content, folder.path)
}

/** The same bytes for the same size and seed, and no two parts alike. */
export async function* noise(size: number, seed = 0, part = 64 << 10): Bytes {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  for (let left = size; left > 0; left -= part) yield cipher.update(Buffer.alloc(Math.min(part, left)))
}

/** A source that writes over each part when the next one is asked for. */
export async function* overwriting(content: Bytes): Bytes {
  const memory = new Uint8Array(1 << 20)
  for await (const part of content) {
    memory.set(part)
    yield memory.subarray(0, part.length)
    memory.fill(0)
  }
}

export const text = async (source: Bytes): Promise<string> => Buffer.concat(await Array.fromAsync(source)).toString()
