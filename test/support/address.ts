import type { Readable } from 'node:stream'

/** Where `serve --http` says that it listens. */
export async function addressOf(said: Readable): Promise<string> {
  let text = ''
  for await (const part of said.setEncoding('utf8')) {
    text += part
    const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(text)?.[0]
    if (url !== undefined) return url
  }
  throw new Error(`it told no address: ${text}`)
}
