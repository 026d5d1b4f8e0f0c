import { VfsError } from '../core/error.ts'
import { definition } from './definition.ts'
import type { RegisteredTool } from './tool.ts'
import { VERBS } from './verbs.ts'

const NAME = /^[a-z][a-z0-9_]{2,63}$/

/** Rejects TOOL_INVALID, naming the file, for a tool that a model or a host could stumble over. */
export function checkTool(tool: RegisteredTool, file: string): void {
  const broken = brokenRule(tool)
  if (broken !== undefined) throw invalid(file, `tool ${JSON.stringify(tool.name)} ${broken}`, tool.name)
}

export const invalid = (file: string, problem: string, tool?: string): VfsError =>
  new VfsError('TOOL_INVALID', `${file}: ${problem}`, { details: { file, ...(tool !== undefined && { tool }) } })

function brokenRule({ name, title, description, effect, input, output }: RegisteredTool): string | undefined {
  const verb = /^[A-Za-z]+/.exec(description)?.[0] ?? ''
  if (!NAME.test(name)) return `must have a name like ${NAME.source}`
  if (title === '') return 'must have a title'
  if (!VERBS.has(verb)) return `must have a description that begins with a verb, such as "Read …"; it begins with ${JSON.stringify(verb)}`
  if (!['read', 'write', 'destructive'].includes(effect)) return 'must say its effect: read, write or destructive'
  if (!isObject(input) || !isObject(output)) return 'must have zod objects as input and output'
  if ('status' in output.shape) return 'must not have an output field "status": the envelope has it'
  return undefined
}

const isObject = (schema: RegisteredTool['input']): boolean => typeof schema === 'object' && definition(schema).type === 'object'
