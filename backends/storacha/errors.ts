import { VfsError } from '../../src/core/error.ts'

interface Failure {
  readonly name: string
  readonly message: string
}

/** What the client or the service says of a failed call, as a code. `doing` names the capability that it needed. */
export function storachaError(error: unknown, doing: string): VfsError {
  if (error instanceof VfsError) return error
  const said = chain(error)
  const found = CASES.find((one) => said.some((failure) => one.is(failure)))
  return found
    ? found.as(failedAt(said) ?? doing, error)
    : new VfsError('IO_ERROR', `the service refused ${doing}: ${brief(said.at(-1)?.message ?? '')}`, { cause: error })
}

interface Case {
  is(failure: Failure): boolean
  as(doing: string, cause: unknown): VfsError
}

const CASES: readonly Case[] = [
  {
    is: ({ name, message }) => name === 'InsufficientStorage' || /InsufficientStorage|no storage provider|over (its|the) (limit|quota)/i.test(message),
    as: (_, cause) =>
      new VfsError('QUOTA_EXCEEDED', 'the space may not hold more at this service', {
        cause,
        hint: 'A person has to give the space more room at the service.',
      }),
  },
  {
    is: ({ name, message }) => name === 'Unauthorized' || /is not authorized|no proofs available/i.test(message),
    as: (doing, cause) =>
      new VfsError('PERMISSION_DENIED', `the delegation does not hold for ${doing} in this space`, {
        cause,
        hint: `A person has to delegate ${doing} to the agent.`,
      }),
  },
  {
    is: ({ name, message }) => name === 'HTTPError' || /fetch failed|ECONN|socket|HTTP Request failed|upload failed: 5/i.test(message),
    as: (_, cause) => new VfsError('UNAVAILABLE', 'the upload service of Storacha does not answer', { cause }),
  },
]

/** The error and what caused it, outermost first; a cause of UCAN is data and no Error. */
function chain(error: unknown): Failure[] {
  const found: Failure[] = []
  for (let at: unknown = error; at !== undefined && at !== null && found.length < 8; at = typeof at === 'object' && 'cause' in at ? at.cause : undefined)
    found.push({
      name: typeof at === 'object' && 'name' in at ? String(at.name) : '',
      message: typeof at === 'object' && 'message' in at ? String(at.message) : '',
    })
  return found
}

/** The client names the one that failed of several. */
const failedAt = (said: readonly Failure[]): string | undefined => said.flatMap(({ message }) => /^failed (\S+) invocation/.exec(message)?.[1] ?? [])[0]

const brief = (message: string): string => message.slice(0, 200)
