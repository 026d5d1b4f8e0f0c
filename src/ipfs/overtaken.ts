import { VfsError } from '../core/error.ts'

/** What stands at a path of a tree is not what the change was made for: somebody was faster, and to look again helps. */
export class Overtaken extends VfsError {
  constructor(path: string, here: string | undefined, expected: string | null) {
    super('CONFLICT', `${path} is ${here ?? 'nothing'}, not ${expected ?? 'nothing'}`)
  }
}

/** `expected`: null for nothing, undefined for whatever stands there. */
export function requireThere(path: string, here: string | undefined, expected: string | null | undefined): void {
  if (expected !== undefined && (expected ?? undefined) !== here) throw new Overtaken(path, here, expected)
}
