import { UsageError } from './usage-error.ts'

/** What may stand after `--http` without being taken for a folder. */
export const looksLikeAddress = (text: string): boolean => /^((\[[0-9a-f:]+\]|[\w.-]*):)?\d+$/i.test(text)

/** `HOST:PORT`, `:PORT` or `PORT` as settings; nothing is nothing. Rejects UsageError. */
export function readAddress(text: string): Record<string, unknown> {
  if (text === '') return {}
  const [, host, port] = /^(?:(\[[0-9a-f:]+\]|[\w.-]*):)?(\d{1,5})$/i.exec(text) ?? []
  if (port === undefined) throw new UsageError(`--http takes HOST:PORT, not ${text}`)
  return { ...(host && { 'http.host': host.replace(/^\[|\]$/g, '') }), 'http.port': Number(port) }
}
