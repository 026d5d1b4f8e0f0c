import { Histogram } from '../core/histogram.ts'

export interface OperationUsage {
  readonly calls: number
  readonly errors: number
  readonly latency_ms: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** Named as clients see it. */
export interface Usage {
  /** Of all operations. */
  readonly calls: number
  readonly errors: number
  /** Running now. */
  readonly open: number
  readonly bytes_read: number
  readonly bytes_written: number
  readonly operations: Readonly<Record<string, OperationUsage>>
}

interface Count {
  calls: number
  errors: number
  readonly latency: Histogram
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
      count.latency.add(performance.now() - start)
    }
  }

  read(bytes: number): void {
    this.#bytesRead += bytes
  }

  written(bytes: number): void {
    this.#bytesWritten += bytes
  }

  usage(): Usage {
    const counts = [...this.#counts.values()]
    return {
      calls: counts.reduce((sum, { calls }) => sum + calls, 0),
      errors: counts.reduce((sum, { errors }) => sum + errors, 0),
      open: this.#open,
      bytes_read: this.#bytesRead,
      bytes_written: this.#bytesWritten,
      operations: Object.fromEntries([...this.#counts].map(([op, count]) => [op, summary(count)])),
    }
  }

  #count(op: string): Count {
    const known = this.#counts.get(op) ?? { calls: 0, errors: 0, latency: new Histogram() }
    this.#counts.set(op, known)
    return known
  }
}

const summary = ({ calls, errors, latency }: Count): OperationUsage => ({
  calls,
  errors,
  latency_ms: { p50: latency.quantile(0.5), p99: latency.quantile(0.99), max: latency.max },
})
