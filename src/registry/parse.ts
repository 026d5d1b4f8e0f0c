import type { z } from 'zod'
import { VfsError } from '../core/error.ts'
import { coerce } from './coerce.ts'
import type { Surroundings } from './forgive.ts'
import type { LoadedTool } from './inventory.ts'

/** The method's input, from what an agent sent. Rejects INVALID_INPUT, UNKNOWN_ARGUMENT, INVALID_PATH, naming field and rule. */
export async function parseInput(tool: LoadedTool, args: unknown, around: Surroundings): Promise<unknown> {
  const result = tool.input.safeParse(await coerce(tool.input, args ?? {}, around))
  if (!result.success) throw invalidInput(result.error.issues)
  return result.data
}

/** Issues shown at once; the rest would only bury them. */
const MOST_ISSUES = 5

function invalidInput(issues: readonly z.core.$ZodIssue[]): VfsError {
  const shown = issues.slice(0, MOST_ISSUES).map((issue) => ({ field: fieldOf(issue), rule: ruleOf(issue) }))
  return new VfsError('INVALID_INPUT', shown.map(({ field, rule }) => `${field}: ${rule}`).join('; '), { details: { issues: shown } })
}

const fieldOf = ({ path }: z.core.$ZodIssue): string => path.map(String).join('.') || 'arguments'

const ruleOf = ({ message }: z.core.$ZodIssue): string =>
  message
    .replace(/^Invalid input: /, '')
    .replace(/, received undefined$/, ', but it is missing')
    .slice(0, 300)
