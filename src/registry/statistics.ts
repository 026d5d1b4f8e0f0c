import type { ErrorCode } from '../core/codes.ts'
import { Histogram } from '../core/histogram.ts'

export interface ToolStatistics {
  readonly tool: string
  readonly calls: number
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>
  readonly latency_ms: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number }
}

interface Entry {
  calls: number
  readonly errors: Partial<Record<ErrorCode, number>>
  readonly latency: Histogram
}

/** Calls of every tool since the start. */
export class Statistics {
  readonly #tools = new Map<string, Entry>()

  record(tool: string, ms: number, error?: ErrorCode): void {
    const entry = this.#tools.get(tool) ?? { calls: 0, errors: {}, latency: new Histogram() }
    this.#tools.set(tool, entry)
    entry.calls += 1
    entry.latency.add(ms)
    if (error !== undefined) entry.errors[error] = (entry.errors[error] ?? 0) + 1
  }

  /** In the order of names; only tools that were called. */
  snapshot(): ToolStatistics[] {
    return [...this.#tools]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([tool, { calls, errors, latency }]) => ({
        tool,
        calls,
        errors: { ...errors },
        latency_ms: { p50: latency.quantile(0.5), p90: latency.quantile(0.9), p99: latency.quantile(0.99), max: latency.max },
      }))
  }
}
