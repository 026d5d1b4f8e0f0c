import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../scripts/servers/find.ts'
import { KuboDaemon, type KuboOptions, needsKubo } from './kubo.ts'

/** One daemon for all these cases. Where there is no Kubo one case says so, as `requires` does. */
export function onKubo(title: string, cases: (daemon: KuboDaemon) => void, options: KuboOptions = {}): void {
  describe(`${title} on Kubo`, async () => {
    beforeEach(needsKubo)
    const daemon = (await isThere()) ? await KuboDaemon.start(options) : undefined
    afterAll(() => daemon?.[Symbol.asyncDispose]())
    if (daemon) cases(daemon)
    else test('needs a Kubo', () => expect(daemon).toBeDefined())
  })
}

const isThere = (): Promise<boolean> =>
  findKubo().then(
    () => true,
    () => false,
  )
