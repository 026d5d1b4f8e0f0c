import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks'

export interface OperationUsage {
  readonly calls: number
  readonly errors: number
  /** Milliseconds. */
  readonly median: number
  readonly p99: number
  readonly longest: number
}

export interface Usage {
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly open: number
  readonly operations: Readonly<Record<string, OperationUsage>>
}

interface Count {
  calls: number
  errors: number
  readonly microseconds: RecordableHistogram
}

/** What was asked of one storage, and how it answered. */
export class Meter {
  readonly #counts = new Map<string, Count>()
  #bytesRead = 0
  #bytesWritten = 0
  #open = 0

  /** Begins a call; what it returns ends it. */
  begin(op: string): (failed: boolean) => void {
    const count = this.#count(op)
    const start = performance.now()
    count.calls++
    this.#open++
    return (failed) => {
      this.#open--
      if (failed) count.errors++
      count.microseconds.record(Math.max(1, Math.round((performance.now() - start) * 1000)))
    }
  }

  read(bytes: number): void {
    this.#bytesRead += bytes
  }

  written(bytes: number): void {
    this.#bytesWritten += bytes
  }

  usage(): Usage {
    const operations = Object.fromEntries([...this.#counts].map(([op, count]) => [op, summary(count)]))
    return { bytesRead: this.#bytesRead, bytesWritten: this.#bytesWritten, open: this.#open, operations }
  }

  #count(op: string): Count {
    const known = this.#counts.get(op)
    if (known) return known
    const count = { calls: 0, errors: 0, microseconds: createHistogram() }
    this.#counts.set(op, count)
    return count
  }
}

function summary({ calls, errors, microseconds }: Count): OperationUsage {
  const ms = (percentile: number): number => microseconds.percentile(percentile) / 1000
  return { calls, errors, median: ms(50), p99: ms(99), longest: microseconds.max / 1000 }
}
