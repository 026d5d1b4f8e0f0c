/** True if it is there, else what is missing. */
type Probe = () => boolean | string | Promise<boolean | string>

type Requirement = (context: { readonly skip: (reason: string) => void }) => Promise<void>

/**
 * For what a machine may lack (a program, a second user, macOS). `beforeEach(requires('ipfs', probe))`: without it the tests
 * are skipped with a reason that the reports show; with CI=true, where everything has to be there, they fail.
 */
export function requires(name: string, probe: Probe): Requirement {
  const given = ofKernel(name, probe)
  return ({ skip }) =>
    given({
      skip: (reason) => {
        if (process.env['CI'] === 'true') throw new Error(`${reason} (CI=true skips nothing)`)
        skip(reason)
      },
    })
}

/** For what nobody can install, such as a file system of the kernel: without it the tests are skipped with CI=true too. */
export function ofKernel(name: string, probe: Probe): Requirement {
  let answer: Promise<boolean | string> | undefined
  return async ({ skip }) => {
    const found = await (answer ??= ask(probe))
    if (found === true) return
    skip(`needs ${name}${found === false ? '' : `: ${found}`}`)
  }
}

async function ask(probe: Probe): Promise<boolean | string> {
  try {
    return await probe()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
