/** At most `limit` characters, the last of which say that something is missing. Cuts between lines where it can, never a character in two. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const note = `\n[cut: ${text.length} characters in all; ask for less at once]`
  const room = Math.floor(limit) - note.length
  if (room < 0) return ''
  const line = text.lastIndexOf('\n', room)
  return text.slice(0, line > room / 2 ? line : wholeCharacters(text, room)) + note
}

/** No line longer than `limit`: one minified file must not fill a model's context. */
export function cutLines(text: string, limit: number): string {
  if (text.length <= limit) return text
  return text
    .split('\n')
    .map((line) => (line.length <= limit ? line : `${line.slice(0, wholeCharacters(line, limit - 40))}… [${line.length} characters]`))
    .join('\n')
}

const wholeCharacters = (text: string, at: number): number => (/[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at)
