import { findServer } from '../../scripts/servers/find.ts'
import { LASSIE } from '../../scripts/servers/programs.ts'
import { requires } from './requires.ts'

export { LASSIE }

/** `beforeEach(needsLassie)` of the tests that run it. */
export const needsLassie = requires('lassie', async () => (await findServer(LASSIE)) !== '')
