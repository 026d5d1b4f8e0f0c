import { CODES, type ErrorCode } from '../../core/codes.ts'

const STATUS = {
  FORBIDDEN_ORIGIN: 403,
  UNAUTHORIZED: 401,
  BODY_TOO_LARGE: 413,
  UNKNOWN_ENDPOINT: 404,
  SESSION_NOT_FOUND: 404,
} as const satisfies Partial<Record<ErrorCode, number>>

/** JSON-RPC's range for what a server defines itself. */
const SERVER_ERROR = -32000

/** An answer to a request that never reached the protocol. */
export function refusal(code: keyof typeof STATUS, message: string, headers: Record<string, string> = {}): Response {
  const { hint, retryable } = CODES[code]
  const error = { code: SERVER_ERROR, message: `${message} ${hint}`, data: { error_code: code, hint, retryable } }
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: STATUS[code], headers })
}
