import type { JSONRPCRequest, Result } from '@modelcontextprotocol/server'
import { CAPABILITIES, identity } from './identity.ts'
import { instructions } from './instructions.ts'
import type { Offer } from './offer.ts'
import type { Answers } from './pipes/greeting.ts'

/** Of the versions that begin with initialize, those that the SDK speaks. */
export const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07']

/**
 * What the server of this door answers to initialize and tools/list, without the SDK and word for word (test/integration/mcp/greeting.test.ts
 * compares). A request that asks for more, or is not quite as it should be, is left to the SDK.
 */
export function firstAnswers(offer: () => Promise<Offer>): Answers {
  let greeted = false
  return async ({ method, params = {} }) => {
    if (method === 'initialize' && !greeted) {
      greeted = isPlainInitialize(params)
      return greeted ? initialized(await offer(), params['protocolVersion']) : undefined
    }
    return method === 'tools/list' && greeted && Object.keys(params).length === 0 ? { tools: await (await offer()).list() } : undefined
  }
}

const initialized = (offer: Offer, protocolVersion: unknown): Result => ({
  protocolVersion,
  capabilities: CAPABILITIES,
  serverInfo: identity(offer),
  instructions: instructions(offer),
})

function isPlainInitialize({ protocolVersion, capabilities, clientInfo, ...more }: NonNullable<JSONRPCRequest['params']>): boolean {
  return (
    LEGACY_VERSIONS.some((version) => version === protocolVersion) &&
    isObject(capabilities) &&
    isObject(clientInfo) &&
    ['name', 'version'].every((key) => typeof Reflect.get(clientInfo, key) === 'string') &&
    Object.keys(more).length === 0
  )
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
