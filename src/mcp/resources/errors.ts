import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server'
import { CODES } from '../../core/codes.ts'
import type { McpParts } from '../parts.ts'
import { isCode, VfsError } from '../../core/error.ts'

/** Resources have no results for errors, only protocol errors; what is not there is -32602 and never an empty content. */
export async function asProtocol<T>(uri: string, log: McpParts['log'], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    if (isCode(error, 'NOT_FOUND', 'NOT_SERVED', 'DENIED', 'NOT_DIRECTORY')) throw new ResourceNotFoundError(uri, `${error.message}. ${error.hint}`)
    if (error instanceof VfsError) throw known(error)
    log(`reading the resource ${uri} failed`, error)
    throw new ProtocolError(ProtocolErrorCode.InternalError, CODES.INTERNAL.meaning)
  }
}

function known({ code, message, hint, retryable, path }: VfsError): ProtocolError {
  const ours = CODES[code].category === 'internal' || retryable
  return new ProtocolError(ours ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams, `${code}: ${message}. ${hint}`, {
    error_code: code,
    path,
    retryable,
    hint,
  })
}
