import { type Reader, runGuest } from './guest.ts'
import { Records } from './records.ts'
import { type Cut, type Source, TextReader } from './source.ts'
import type { Found, Pattern } from './types.ts'

/** A batch of files to search with one instance of the engine. */
export interface Task extends Pattern {
  readonly files: number
  /** Stop when there are so many hits (or files, or counts). */
  readonly limit: number
  /** Leave out the first file's lines up to this one. */
  readonly afterLine: number
}

export interface Outcome {
  readonly found: readonly Found[]
  /** Files that were not searched to their end; nothing is told of a binary one. */
  readonly cuts: readonly { readonly file: number; readonly why: Cut | 'unreadable' }[]
  /** False if it stopped at the limit. */
  readonly complete: boolean
  /** Bytes that the engine was given. */
  readonly bytes: number
  /** The engine does not take the pattern; its own words. */
  readonly refused?: string | undefined
}

/** Where the bytes come from, and when to stop. */
export interface Feed {
  /** Throws if the file cannot be read. */
  open(file: number): Source
  readonly stopped: () => boolean
}

class Stop extends Error {}

export function grep(engine: WebAssembly.Module, task: Task, feed: Feed): Outcome {
  const run = new Run(task, feed)
  let complete = true
  try {
    runGuest(engine, run)
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    complete = false
  }
  return run.outcome(complete)
}

/** The world of one run: files are named by their numbers, so no name of theirs can mean anything to the engine. */
class Run {
  readonly args: readonly string[]
  readonly #task: Task
  readonly #feed: Feed
  readonly #records: Records
  readonly #cuts = new Map<number, Cut | 'unreadable'>()
  #found: Found[] = []
  #count = 0
  #bytes = 0
  /** The engine reads the pattern before it opens the first file. */
  #began = false
  #stderr = ''

  constructor(task: Task, feed: Feed) {
    this.#task = task
    this.#feed = feed
    this.#records = new Records(task.output, (found) => this.#add(found))
    this.args = [...engineArguments(task), '--', ...Array.from({ length: task.files }, (_, file) => String(file))]
  }

  has(): boolean {
    return true
  }

  open(name: string): Reader | undefined {
    this.#began = true
    if (this.#feed.stopped()) throw new Stop()
    const file = Number(name)
    try {
      return new TextReader(this.#counted(this.#feed.open(file), file), (why) => this.#cuts.set(file, why))
    } catch {
      this.#cuts.set(file, 'unreadable')
      return undefined
    }
  }

  stdout(bytes: Uint8Array): void {
    this.#records.push(bytes)
  }

  stderr(bytes: Uint8Array): void {
    if (this.#stderr.length < 4_000) this.#stderr += Buffer.from(bytes).toString()
  }

  outcome(complete: boolean): Outcome {
    return {
      found: this.#found.filter(({ file }) => !this.#isDropped(file)),
      cuts: [...this.#cuts].map(([file, why]) => ({ file, why })),
      complete,
      bytes: this.#bytes,
      refused: this.#began ? undefined : this.#stderr,
    }
  }

  #add(found: Found): void {
    if (this.#isDropped(found.file) || this.#isBefore(found)) return
    if (found.kind !== 'context' && ++this.#count > this.#task.limit) throw new Stop()
    this.#found.push(found)
  }

  #isDropped(file: number): boolean {
    const why = this.#cuts.get(file)
    return why === 'binary' || why === 'unreadable'
  }

  /** The page before ended with the lines around its last hit. */
  #isBefore(found: Found): boolean {
    const { afterLine, context } = this.#task
    if (found.file !== 0 || afterLine === 0 || !('line' in found)) return false
    return found.line <= (found.kind === 'context' ? afterLine + context : afterLine)
  }

  /** An order to stop can come while the source is waited for, and then what it gave is not the file's end. */
  #counted(source: Source, file: number): Source {
    return {
      next: () => {
        const chunk = this.#next(source, file)
        if (this.#feed.stopped()) throw new Stop()
        this.#bytes += chunk?.length ?? 0
        return chunk
      },
      close: () => source.close(),
    }
  }

  /** A source that fails on the way counts as a file that cannot be read. */
  #next(source: Source, file: number): Uint8Array | undefined {
    try {
      return source.next()
    } catch {
      this.#cuts.set(file, 'unreadable')
      return undefined
    }
  }
}

/** `--text`: which files are binary is decided here, and the engine's own message about one would run into the next record. */
const ALWAYS = [
  'rg',
  '--no-config',
  '--no-ignore',
  '--no-heading',
  '--with-filename',
  '--line-number',
  '--column',
  '--null',
  '--no-mmap',
  '--threads=1',
  '--crlf',
  '--text',
]
/** A separator that no text has, because the engine leaves the column out where it finds no place for it. */
const SEPARATORS = ['--field-match-separator=:\\x00', '--field-context-separator=-\\x00']
const BOUNDS = ['--regex-size-limit=10M', '--dfa-size-limit=20M']
const OUTPUT: Record<Pattern['output'], readonly string[]> = { lines: [], files: ['--files-with-matches'], count: ['--count'] }

const engineArguments = ({ pattern, output, context, ignoreCase, literal }: Pattern): readonly string[] => [
  ...ALWAYS,
  ...SEPARATORS,
  ...BOUNDS,
  ...OUTPUT[output],
  ...(literal ? ['--fixed-strings'] : []),
  ...(ignoreCase ? ['--ignore-case'] : []),
  ...(output === 'lines' && context > 0 ? [`--context=${context}`] : []),
  `--regexp=${pattern}`,
]
