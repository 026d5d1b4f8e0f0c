import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { CarReader } from '@ipld/car/reader'
import { CID } from 'multiformats/cid'
import { carBlock, carHeader } from '../../src/ipfs/dag/car-out.ts'
import { blockOf } from './dag.ts'

/** How a gateway misbehaves. */
export type Lie =
  | 'flips a byte'
  | 'cuts the answer'
  | 'ends too early'
  | 'sends another block'
  | 'redirects for ever'
  | 'sends without end'
  | 'answers 500'
  | 'says nothing'

export const LIES: readonly Lie[] = [
  'flips a byte',
  'cuts the answer',
  'ends too early',
  'sends another block',
  'redirects for ever',
  'sends without end',
  'answers 500',
  'says nothing',
]

interface Block {
  readonly cid: CID
  readonly bytes: Uint8Array
}

/** How the blocks of a CAR are changed on the way. */
export type Tamper = (blocks: readonly Block[]) => readonly Block[] | Promise<readonly Block[]>

export interface LyingGateway extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly string[]
}

/** Answers requests for blocks with what the CAR has, and those for a CAR with its blocks, but for what it does to the answer. */
export async function lyingGateway(
  car: Uint8Array,
  { lie, tamper = (blocks) => blocks }: { readonly lie?: Lie; readonly tamper?: Tamper },
): Promise<LyingGateway> {
  const reader = await CarReader.fromBytes(car)
  const blocks = await tamper(await Array.fromAsync(reader.blocks()))
  const [root] = await reader.getRoots()
  const whole = Buffer.concat([carHeader(root!), ...blocks.flatMap(({ cid, bytes }) => [...carBlock(cid, bytes)])])
  const other = Buffer.from((await blockOf('raw', Buffer.from('something else'))).bytes)
  const requests: string[] = []
  const answer = ({ url = '' }: IncomingMessage): Buffer | undefined => {
    const { pathname, searchParams } = new URL(url, 'http://gateway')
    if (searchParams.get('format') !== 'raw') return lie === 'sends another block' ? Buffer.concat([carHeader(root!), other]) : whole
    const found = blocks.find(({ cid }) => cid.equals(CID.parse(pathname.split('/')[2] ?? '')))
    return lie === 'sends another block' ? other : found && Buffer.from(found.bytes)
  }
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const truth = answer(request)
    if (truth) void lying(response, truth, lie, request.url ?? '')
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function lying(response: ServerResponse, truth: Buffer, lie: Lie | undefined, url: string): Promise<void> {
  if (lie === 'says nothing') return
  if (lie === 'redirects for ever') return void response.writeHead(302, { location: url }).end()
  if (lie === 'answers 500') return void response.writeHead(500).end()
  if (lie === 'ends too early') return void response.end(truth.subarray(0, -1))
  if (lie === 'flips a byte') truth[truth.length - 1]! ^= 1
  if (lie === 'cuts the answer') {
    response.writeHead(200, { 'content-length': truth.length })
    response.write(truth.subarray(0, truth.length >> 1), () => response.destroy())
    return
  }
  if (lie !== 'sends without end') return void response.end(truth)
  for (const zeros = Buffer.alloc(1 << 20); !response.destroyed; await turn())
    if (!response.write(zeros)) await Promise.race([once(response, 'drain'), once(response, 'close')])
}
