/** Names that models were trained on, and the arguments that they mean; an alias counts only where the tool has the argument. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['file_path', 'path'],
  ['file', 'path'],
  ['filename', 'path'],
  ['directory', 'path'],
  ['dir', 'path'],
  ['folder', 'path'],
  ['old_str', 'old_string'],
  ['old_text', 'old_string'],
  ['new_str', 'new_string'],
  ['new_text', 'new_string'],
  ['file_text', 'content'],
  ['contents', 'content'],
  ['source', 'from'],
  ['src', 'from'],
  ['source_path', 'from'],
  ['destination', 'to'],
  ['dest', 'to'],
  ['dst', 'to'],
  ['destination_path', 'to'],
  ['query', 'pattern'],
  ['regex', 'pattern'],
  ['hash', 'cid'],
])

/** The argument that an unknown name stands for: the same in snake_case, or by the table; undefined if the tool has none. */
export function meant(name: string, known: ReadonlySet<string>): string | undefined {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_')
  return [snake, ALIASES.get(snake)].find((candidate) => candidate !== undefined && known.has(candidate))
}
