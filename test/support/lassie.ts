import { findServer } from '../../scripts/servers/find.ts'
import { LASSIE } from '../../scripts/servers/programs.ts'
import type { Call } from '../../src/core/backend.ts'
import { EventBus } from '../../src/core/events.ts'
import { lassieSpec } from '../../src/services/lassie/spec.ts'
import { Supervisor } from '../../src/services/supervisor.ts'
import { temporaryFolder } from './content.ts'
import { requires } from './requires.ts'

export { LASSIE }

/** `beforeEach(needsLassie)` of the tests that run it. */
export const needsLassie = requires('lassie', async () => (await findServer(LASSIE)) !== '')

export interface SupervisedLassie extends AsyncDisposable {
  url(call?: Call): Promise<string>
  pid(): Promise<number>
}

/** A lassie under our supervision, started by the first call. */
export async function superviseLassie(): Promise<SupervisedLassie> {
  await using ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  const spec = lassieSpec({ binary: await findServer(LASSIE), env: process.env })
  const services = ground.use(await Supervisor.open({ folder: folder.path, specs: [spec], events: new EventBus(), log: () => {} }))
  const kept = ground.move()
  return {
    url: async (call) => (await services.endpoint(spec.name, call)).url,
    pid: async () => (await services.status())[0]?.pid ?? 0,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
