import { z } from 'zod'
import { type VfsPath, vfsPath } from '../core/path.ts'

const PATHS = z.registry<{ readonly path: true }>()

/**
 * An argument that names a place in the VFS. Before it is parsed, invoke forgives what agents send instead of a VFS path
 * (host paths, `file://`, `~`, `./` …); the tool gets a checked path. Whatever is built on it (optional, default, array,
 * describe) is recognised too.
 */
export const vfsPathInput = (description?: string): z.ZodPipe<z.ZodString, z.ZodTransform<VfsPath, string>> => {
  const text = description === undefined ? z.string() : z.string().describe(description)
  return text.transform(vfsPath).register(PATHS, { path: true })
}

export const isPathInput = (schema: z.core.$ZodType): boolean => PATHS.get(schema)?.path === true
