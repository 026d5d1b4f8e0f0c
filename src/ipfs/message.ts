import { z } from 'zod'
import type { Message } from './network-types.ts'

/** A message as clients see it. */
export const messageFields = {
  from: z.string().nullable(),
  sequence: z.string().nullable(),
  content: z.string().optional(),
  content_base64: z.string().optional().describe('If it is not UTF-8'),
}

export type ShownMessage = { readonly from: string | null; readonly sequence: string | null } & (
  | { readonly content: string }
  | { readonly content_base64: string }
)

export const shownMessage = ({ from, sequence, data }: Message): ShownMessage => ({ from, sequence, ...contentOf(data) })

function contentOf(data: Uint8Array): { readonly content: string } | { readonly content_base64: string } {
  try {
    return { content: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) }
  } catch {
    return { content_base64: Buffer.from(data).toString('base64') }
  }
}
