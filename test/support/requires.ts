import type { TestContext } from 'vitest'

/** True if it is there, else what is missing. */
type Probe = () => boolean | string | Promise<boolean | string>

/**
 * For what a machine may lack (a program, a second user, macOS). `beforeEach(requires('ipfs', probe))`: without it the tests
 * are skipped with a reason that the reports show; with CI=true, where everything has to be there, they fail.
 */
export function requires(name: string, probe: Probe): (context: Pick<TestContext, 'skip'>) => Promise<void> {
  let answer: Promise<boolean | string> | undefined
  return async ({ skip }) => {
    const found = await (answer ??= ask(probe))
    if (found === true) return
    const reason = `needs ${name}${found === false ? '' : `: ${found}`}`
    if (process.env['CI'] === 'true') throw new Error(`${reason} (CI=true skips nothing)`)
    skip(reason)
  }
}

async function ask(probe: Probe): Promise<boolean | string> {
  try {
    return await probe()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
