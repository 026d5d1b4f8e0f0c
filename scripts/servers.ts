import { build, hasGo } from './servers/build.ts'
import { findServer } from './servers/find.ts'
import { type Program, PROGRAMS } from './servers/programs.ts'

/** Finds or builds the real servers of the tests. What can't be had is said loudly: its tests are skipped, and in CI they fail. */
const go = await hasGo()
const missing: string[] = []
for (const program of PROGRAMS) {
  const problem = await had(program)
  if (problem === undefined) continue
  missing.push(program.name)
  console.error(`NO ${program.name.toUpperCase()}: ${problem}. Its tests are skipped. ${program.variable} can name another one.`)
}
process.exitCode = missing.length > 0 && process.env['CI'] === 'true' ? 1 : 0

/** Why it is not there; undefined if it is. */
async function had(program: Program): Promise<string | undefined> {
  if (await findServer(program).catch(() => undefined)) return undefined
  if (!go) return 'there is no Go to build it with'
  const started = performance.now()
  console.error(`building ${program.name} ${program.version}; this is done once and takes some minutes`)
  try {
    await build(program)
  } catch (error) {
    return `it could not be built: ${error instanceof Error ? error.message.slice(0, 2000) : String(error)}`
  }
  console.error(`built ${program.name} in ${Math.round((performance.now() - started) / 1000)} s`)
  return undefined
}
