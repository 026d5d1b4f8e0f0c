import mime from 'mime'

export const DIRECTORY = 'inode/directory'

const TEXTUAL = /^(text\/|message\/)|\b(json|xml|javascript|typescript|yaml|toml|sql|x-sh|graphql)\b/

/** By the name; what is text by its content is never called a video (`.ts`). */
export function mimeOf(name: string, isText?: boolean): string {
  const guess = mime.getType(name) ?? undefined
  if (isText === undefined) return guess ?? 'application/octet-stream'
  if (isText) return guess !== undefined && TEXTUAL.test(guess) ? guess : 'text/plain'
  return guess !== undefined && !guess.startsWith('text/') ? guess : 'application/octet-stream'
}
