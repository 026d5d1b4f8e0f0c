import { CODES, type Category, type ErrorCode, type Severity } from '../core/codes.ts'
import type { VfsError } from '../core/error.ts'
import type { LoadedTool } from './inventory.ts'
import type { Attachment } from './tool.ts'

type Success = Readonly<Record<string, unknown>> & { readonly status: 'success' }

export interface Failure {
  readonly status: 'error'
  readonly error: string
  readonly error_code: ErrorCode
  readonly context: FailureContext
}

/** What a program, or a model, needs to react; beside it the facts that the error itself carries. */
interface FailureContext extends Readonly<Record<string, unknown>> {
  readonly tool: string
  readonly op?: string | undefined
  readonly path?: string | undefined
  readonly backend?: string | undefined
  readonly category: Category
  readonly severity: Severity
  readonly retryable: boolean
  readonly hint: string
}

/** How a call ended. `invoke` never rejects. */
export type Outcome =
  | {
      readonly ok: true
      readonly tool: LoadedTool
      readonly envelope: Success
      readonly attachments: readonly Attachment[]
      readonly text?: string | undefined
    }
  | { readonly ok: false; readonly envelope: Failure }

export function failure(tool: string, error: VfsError): Failure {
  const { code, message, op, path, backend, retryable, hint, details } = error
  const { category, severity } = CODES[code]
  return {
    status: 'error',
    error: message,
    error_code: code,
    context: {
      ...details,
      tool,
      ...(op !== undefined && { op }),
      ...(path !== undefined && { path }),
      ...(backend !== undefined && { backend }),
      category,
      severity,
      retryable,
      hint,
    },
  }
}
