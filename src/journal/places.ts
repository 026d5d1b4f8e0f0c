import { ancestors } from '../core/path.ts'
import type { VfsPath } from '../core/path.ts'
import type { Place } from './types.ts'

export type Key = Pick<Place, 'volume' | 'inner'>

/** What lies below a path, as a range of keys: `/a` gives what is greater than `/a/` and less than `/a0`, the character after `/`. */
export const range = (path: string): readonly [string, string] => (path === '/' ? ['/', '0'] : [`${path}/`, `${path}0`])

/** For `in (select value from json_each(?))`. */
export const above = (path: string): string => JSON.stringify([...ancestors(path as VfsPath)])

export const atOrAbove = (path: string): string => JSON.stringify([path, ...ancestors(path as VfsPath)])
