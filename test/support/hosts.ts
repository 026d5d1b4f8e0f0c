import type { CallToolResult } from '@modelcontextprotocol/client'

const texts = ({ content }: CallToolResult): string => content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n')

const structured = ({ structuredContent }: CallToolResult): string => (structuredContent === undefined ? '' : JSON.stringify(structuredContent))

/** What a model gets to see of a result; none shows `_meta`. */
export const HOSTS: Readonly<Record<string, (result: CallToolResult) => string>> = {
  /** Claude Code, Codex: what is structured hides the text, but not of an error. */
  'structured only': (result) => (result.isError === true ? texts(result) : structured(result) || texts(result)),
  /** OpenCode, Claude Desktop. */
  'text only': texts,
  /** Copilot. */
  both: (result) => `${texts(result)}\n${structured(result)}`,
}
