import { type CodeInfo, CODES } from '../../src/core/codes.ts'
import { row, table } from './markdown.ts'

/** docs/errors.md: every code that a client can see. */
export function errorsPage(): string {
  const byCategory = Map.groupBy(Object.entries<CodeInfo>(CODES), ([, { category }]) => category)
  const sections = [...byCategory].map(
    ([category, codes]) => `## ${category}\n\n${table(['code', 'severity', 'retry', 'what it means', 'what to do'], codes.map(errorRow))}`,
  )
  return `# Errors

Made from \`src/core/codes.ts\` by \`npm run docs\`.

A failed call has \`isError: true\`, a first text for a model (\`CODE: what happened. What to do now.\`), and as second text and in
\`_meta["polymount/result"]\` the envelope \`{ status: "error", error, error_code, context }\`. \`context\` has \`tool\`, \`op\`, \`path\`,
\`backend\`, \`category\`, \`severity\`, \`retryable\`, \`hint\`, and facts of the error such as the expected and the found etag. *retry* says
that the same call can succeed later. ${Object.keys(CODES).length} codes.

${sections.join('\n\n')}
`
}

const errorRow = ([code, { severity, retryable, meaning, hint }]: [string, CodeInfo]): string =>
  row([`\`${code}\``, severity, retryable ? 'yes' : 'no', meaning, hint])
