import type { ThreadModule } from '../core/backend.ts'
import { ROOT } from '../core/path.ts'
import { grep, type Outcome } from './grep.ts'
import type { Control, Job, Packed } from './protocol.ts'
import { bytesSource, fileSource, type Source } from './source.ts'

/** What a job has of the thread that does it. */
export interface Bench {
  readonly engine: WebAssembly.Module
  readonly control: Control
  /** Asks for the next piece of a file. */
  readonly want: (file: number) => void
}

export async function runJob({ task, files }: Job, bench: Bench): Promise<Outcome> {
  const stopped = (): boolean => bench.control.stopped
  if ('bytes' in files) return grep(bench.engine, task, { stopped, open: (file) => unpack(files, file, bench) })
  const module = (await import(files.access.module)) as ThreadModule
  using reader = module.openReader(files.access.init)
  return grep(bench.engine, task, { stopped, open: (file) => fileSource(reader.open(files.paths[file] ?? ROOT)) })
}

function unpack({ items, bytes }: Packed, file: number, { control, want }: Bench): Source {
  const item = items[file]
  if (item === undefined || item === 'absent') throw new Error('the file could not be read')
  if (item === 'pieces') return { next: () => control.take(() => want(file)), close() {} }
  return bytesSource(new Uint8Array(bytes, item.offset, item.length))
}
