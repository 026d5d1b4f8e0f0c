import { z } from 'zod'
import { VfsError } from '../core/error.ts'
import { vfsPathInput } from './path-input.ts'
import { shown } from './shown.ts'
import { declare, tool } from './tool.ts'

/**
 * What a tool file of the user's own is given, since it has nothing of ours to import. It exports as default a function from
 * the kit to a toolset class (or several).
 */
export const KIT = Object.freeze({ z, tool, declare, vfsPathInput, shown, VfsError })
