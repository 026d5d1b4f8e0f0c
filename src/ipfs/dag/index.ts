/** Operations over blocks, the same on every engine: loaded when a tool first needs one. */
export { inOrder } from '../in-order.ts'
export { refs } from './refs.ts'
export { blockAt, valueAt } from './resolve.ts'
export { bytesAt, encodeAs, fitsJson, jsonBytes, putValue } from './values.ts'
