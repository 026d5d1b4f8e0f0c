import { build, hasGo } from './servers/build.ts'
import { findServer } from './servers/find.ts'
import { PROGRAMS } from './servers/programs.ts'

/** Finds or builds the real servers of the tests. What can't be had is said loudly: its tests are skipped, and in CI they fail. */
const go = await hasGo()
let missing = 0
for (const program of PROGRAMS) {
  const found = await findServer(program).catch(() => undefined)
  if (found !== undefined) continue
  if (!go) {
    missing++
    console.error(`NO ${program.name.toUpperCase()}: there is no Go to build it with. Its tests are skipped. Install Go, or set ${program.variable}.`)
    continue
  }
  const started = performance.now()
  console.error(`building ${program.name} ${program.version}; this is done once and takes some minutes`)
  await build(program)
  console.error(`built ${program.name} in ${Math.round((performance.now() - started) / 1000)} s`)
}
process.exitCode = missing > 0 && process.env['CI'] === 'true' ? 1 : 0
