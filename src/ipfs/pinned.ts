import type { Call } from '../core/backend.ts'
import { inOrder } from './in-order.ts'
import type { FindBlock } from '../content/dag/index.ts'
import type { Pin, PinQuery } from './types.ts'

/** Name of the pins that protect what we keep in a daemon: nobody else's pin has it. */
export const KEPT = 'polymount:kept'

/** What pins reach can be asked of these. */
export interface Pinned extends Call {
  /** A block of this machine. */
  readonly found: FindBlock
  /** The pins that somebody has made. */
  readonly made: readonly Pin[]
}

/** The pins that a query asks for, in the order of their CIDs. */
export async function* chosen(pinned: Pinned, { type, cid, after = '' }: PinQuery): AsyncGenerator<Pin> {
  const matches = (pin: Pin): boolean => (type === undefined || type === 'all' || type === pin.type) && (cid === undefined || cid === pin.cid)
  const made = pinned.made.filter((pin) => matches(pin) && pin.cid > after)
  if (type !== 'indirect' && type !== 'all') yield* made
  else if (cid === undefined) yield* withIndirect(pinned, made, after)
  else if (made.length > 0) yield* made
  else if (cid > after && (await isIndirect(pinned, cid))) yield { cid, type: 'indirect', name: null }
}

async function* withIndirect(pinned: Pinned, made: readonly Pin[], after: string): AsyncGenerator<Pin> {
  const rest = made.values()
  let next = rest.next()
  for await (const cid of inOrder(() => indirect(pinned), after)) {
    for (; !next.done && next.value.cid < cid; next = rest.next()) yield next.value
    yield { cid, type: 'indirect', name: null }
  }
  for (; !next.done; next = rest.next()) yield next.value
}

async function isIndirect(pinned: Pinned, cid: string): Promise<boolean> {
  for await (const found of indirect(pinned)) if (found === cid) return true
  return false
}

/** Below a recursive pin and not pinned in its own right, in no order. Of what was lost here nothing below is known. */
async function* indirect({ found: find, made, signal }: Pinned): AsyncGenerator<string> {
  const [{ parseCid }, { keyOf, once, walk }] = await Promise.all([import('../content/unixfs/index.ts'), import('../content/dag/index.ts')])
  const own = new Set(made.map(({ cid }) => keyOf(parseCid(cid))))
  const visits = once()
  for (const { cid, type } of made) {
    if (type !== 'recursive') continue
    for await (const found of walk(find, parseCid(cid), { signal, visits, lenient: true })) if (!own.has(keyOf(found))) yield found.toString()
  }
}
