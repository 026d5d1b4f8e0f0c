import { EventEmitter } from 'node:events'
import type { VfsPath } from './path.ts'

export interface Events {
  /** The path, or something below it, has changed by a change that is done. */
  changed: [event: { readonly path: VfsPath; readonly change: string; readonly op: string }]
  /** The mount table has changed. */
  mounts: [event: { readonly path: VfsPath; readonly mounted: boolean }]
  /** A message came on a pubsub topic that this gateway listens to. */
  message: [event: { readonly topic: string }]
  /** The inventory of tools has changed. */
  tools: []
  /** Something is wrong with a part of a storage, which still serves. */
  storage: [event: { readonly volume: string; readonly reason: string; readonly since: string }]
  /** An outside process that is supervised has come into another state. */
  service: [event: { readonly name: string; readonly state: string; readonly reason: string | null }]
}

/** What happens in one gateway, for whoever wants to tell a client. Listeners must not throw. */
export class EventBus extends EventEmitter<Events> {
  constructor() {
    super()
    this.setMaxListeners(0) // every session listens
  }
}
