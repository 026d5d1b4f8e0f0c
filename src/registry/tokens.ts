import type { DeclaredTool } from './inventory.ts'
import { inputSchema } from './json-schema.ts'

/** What a host puts before a model in every session: name, description and input schema, about as OpenAI's o200k counts them (±2 %). */
export const tokensOf = ({ name, description, input }: DeclaredTool): number =>
  countTokens(JSON.stringify({ name, description, parameters: inputSchema(input) }))

/** A word, three digits, or a run of punctuation each. */
const countTokens = (text: string): number => text.match(/ ?[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]+/g)?.length ?? 0
