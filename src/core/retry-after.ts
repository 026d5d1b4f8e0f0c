/** Milliseconds from now, of a Retry-After header: seconds or a date (RFC 9110, 10.2.3). undefined where there is none that can be read. */
export function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
