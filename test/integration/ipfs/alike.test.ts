import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALLS, type EveryTool, everyTool } from '../../support/every-tool.ts'
import { onKubo } from '../../support/on-kubo.ts'

/** What the engine, the network or the run decides, and not the content: no more than its place in the answer has to be the same. */
const FREE = new Set(['engine', 'version', 'agent', 'protocols', 'direction', 'latency', 'cas', 'repo', 'cids', 'next_cursor'])

/** Of one machine: its peers, names, ports, folders and changes. */
const OWN = /12D3Koo\w+|(?<=\/ipns\/)k51\w+|(?<=\/tcp\/)\d+|\/tmp\/polymount-\w+|^c[\da-z]{6}$/g

/** The daemon comes with an empty folder pinned. */
const OF_KUBO = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'

const TOOLS = Object.keys(CALLS).filter((tool) => /^(ipfs_(?!cluster_)|vfs_sync_|lassie_)/.test(tool))

type Args = Record<string, unknown>

/** An answer without what is only of its gateway. */
function bare(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(OWN, '…')
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, FREE.has(key) ? blank(each) : bare(each)]))
}

function blank(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '…'
  return Object.fromEntries(Object.keys(value).map((key) => [key, '…']))
}

/** Of what is refused, how: the words are of the engine. */
const outcome = (result: Readonly<Record<string, unknown>> = {}): unknown => result['error_code'] ?? bare(result)

const NO_CIDS = [
  '',
  ' ',
  'hello',
  '/',
  '/ipfs',
  '/ipfs/',
  '/ipns/',
  '/ipns/x y',
  '/ipns/12D3KooW',
  '/etc/passwd',
  '..',
  '\0',
  'é',
  'Qm',
  'bafk',
  'z6Mk',
  'f0155',
]
const NO_WAYS = ['x', ' ', '//b.txt', '/none', '/b.txt/below', '/../b.txt', '/./b.txt', '/b.txt/', '/', '/%62.txt', '/\0', `/${'n'.repeat(300)}`]

/** What no tool can take for a CID, and what leads nowhere from one that is here. */
const cids = (cid: string): string[] =>
  NO_CIDS.concat(
    NO_WAYS.map((way) => cid + way),
    [cid.slice(0, -1), `/ipfs/ipfs/${cid}`, `ipfs://${cid}`, `https://${cid}`, cid.toUpperCase()],
  )

const PATHS = [
  '',
  '/',
  '//',
  '.',
  '..',
  '/..',
  '/../x',
  '/./x',
  '/none',
  '/none/below',
  '/mfs',
  '/mfs/..',
  '/ipfs',
  '/ipfs/x',
  '/ipns/x',
  '/a\0',
  `/${'n'.repeat(300)}`,
  '/\uD800',
]
const PEERS = ['', 'hello', '12D3KooW', 'Qm', 'k51', '/p2p/x', 'bafkqaaa', '\0']

/** The calls of a tool with one argument after the other malformed. */
function malformed(tool: string, it: EveryTool): Args[] {
  const args = CALLS[tool]?.(it) ?? {}
  const kinds: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(['cid', 'old_cid', 'new_cid'].map((field) => [field, cids(String(it.cid))])),
    ...(tool === 'ipfs_name_resolve' && { name: cids(String(it.cid)) }),
    ...(tool.startsWith('ipfs_files_') && { path: PATHS, from: PATHS, to: PATHS }),
    peer: PEERS,
  }
  return Object.keys(args).flatMap((field) => (kinds[field] ?? []).map((wrong) => ({ ...args, [field]: wrong })))
}

onKubo(
  'the tools of IPFS',
  (daemon) => {
    let engines: readonly EveryTool[] = []
    beforeAll(async () => {
      await daemon.run(['pin', 'rm', OF_KUBO])
      engines = [await everyTool(), await everyTool(daemon)]
    }, 60_000)
    afterAll(async () => {
      for (const it of engines) await it[Symbol.asyncDispose]()
    })

    /** What both answer. */
    const answers = (tool: string, args: (it: EveryTool) => Args): Promise<Readonly<Record<string, unknown>>[]> =>
      Promise.all(engines.map(async (it) => (await it.session.call(tool, args(it))).result))

    describe('answer alike', () => {
      test.for(TOOLS)('%s', async (tool) => {
        const [embedded, kubo] = await answers(tool, (it) => CALLS[tool]?.(it) ?? {})
        expect(kubo?.['status'], JSON.stringify(kubo)).toBe('success')
        expect(bare(kubo)).toEqual(bare(embedded))
      })
    })

    describe('refuse alike', () => {
      test.for(TOOLS)('%s', async (tool) => {
        const some = engines[0] ? malformed(tool, engines[0]) : []
        for (const [index, args] of some.entries()) {
          const [embedded, kubo] = await answers(tool, (it) => malformed(tool, it)[index] ?? {})
          expect.soft([args, outcome(kubo)]).toEqual([args, outcome(embedded)])
          expect.soft([args, outcome(embedded)]).not.toEqual([args, 'INTERNAL'])
        }
      })
    })
  },
  { settings: { 'Pubsub.Enabled': true } },
)
