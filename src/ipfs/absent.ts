import { VfsError } from '../core/error.ts'

/** Why something is not to be had, in the words of both engines. */

export const keptOff = (op?: string): VfsError =>
  new VfsError('OFFLINE', 'the IPFS node is kept off the network', { op, hint: 'Only a person can change that, by setting ipfs.network to client or node.' })

export const notHere = (cid: string, cause?: unknown): VfsError =>
  new VfsError('OFFLINE', `${cid} is not on this machine, and the IPFS node is kept off the network`, { cause })

export const undelivered = (cid: string, cause?: unknown): VfsError => new VfsError('CONTENT_NOT_FOUND_IN_TIME', `nobody delivered ${cid} in time`, { cause })

/** `name` with `/ipns/` before it. */
export const unknownName = (name: string, cause?: unknown): VfsError =>
  new VfsError('NAME_NOT_FOUND', `nobody who was asked knows where ${name} points to`, { cause })
