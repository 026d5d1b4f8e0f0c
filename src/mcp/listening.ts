import { isJSONRPCNotification, isJSONRPCRequest, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Subscriptions } from './resources/subscriptions.ts'

/** Also in the header of a request over HTTP. */
export const LISTEN = 'subscriptions/listen'

const Listen = z.object({
  method: z.literal(LISTEN),
  params: z.object({ notifications: z.object({ resourceSubscriptions: z.array(z.string()) }) }),
})
const Cancelled = z.object({ requestId: z.union([z.string(), z.number()]) })

/**
 * Notes what a client of 2026-07-28 listens to on a lasting connection. The SDK's entry delivers, but keeps to itself what was
 * asked for, and telling it of every change to have all thrown away would cost more than the changes.
 */
export function noteListening(transport: Transport, subscriptions: Subscriptions): void {
  const { onmessage } = transport
  transport.onmessage = (message: JSONRPCMessage, ...rest) => {
    note(message, subscriptions)
    onmessage?.(message, ...rest)
  }
}

/** The URIs that a message asks to be told about; undefined if it does not. */
export const listensTo = (message: unknown): readonly string[] | undefined => Listen.safeParse(message).data?.params.notifications.resourceSubscriptions

function note(message: JSONRPCMessage, subscriptions: Subscriptions): void {
  if (!('method' in message)) return
  if (message.method === LISTEN && isJSONRPCRequest(message)) {
    const asked = listensTo(message)
    if (asked) subscriptions.listen(message.id, asked)
  } else if (message.method === 'notifications/cancelled' && isJSONRPCNotification(message)) {
    const cancelled = Cancelled.safeParse(message.params)
    if (cancelled.success) subscriptions.unlisten(cancelled.data.requestId)
  }
}
