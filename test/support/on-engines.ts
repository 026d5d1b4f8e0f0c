import { describe } from 'vitest'
import { connect } from './gateway.ts'
import type { KuboDaemon } from './kubo.ts'
import { KuboFiles } from './kubo-files.ts'
import { onKubo } from './on-kubo.ts'

export type Connect = typeof connect

/** The same cases on gateways of each engine, off the network. Those on Kubo share a daemon, which each finds empty. */
export function onEngines(title: string, cases: (connect: Connect) => void): void {
  describe(`${title} in this process`, () => {
    cases(connect)
  })
  onKubo(title, (daemon) => cases(connecting(daemon)), { flags: ['--offline'] })
}

const connecting =
  (daemon: KuboDaemon): Connect =>
  async (options) => {
    await empty(daemon)
    return connect({ ...options, config: { ...options?.config, ipfs: { engine: daemon.url, network: 'off' } } })
  }

async function empty(daemon: KuboDaemon): Promise<void> {
  const { Keys } = await daemon.rpc<{ readonly Keys?: Readonly<Record<string, unknown>> }>('pin/ls', [], { type: 'recursive' })
  const { Entries } = await daemon.rpc<{ readonly Entries: readonly { readonly Name: string }[] | null }>('files/ls', ['/'])
  const files = new KuboFiles(daemon)
  for (const { Name } of Entries ?? []) await files.rm(`/${Name}`)
  const pins = Object.keys(Keys ?? {})
  if (pins.length > 0) await daemon.run(['pin', 'rm', ...pins])
  await daemon.run(['repo', 'gc', '--quiet'])
}
