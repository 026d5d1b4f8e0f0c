/** Eight buckets for each doubling: a quantile is exact to 9 %. */
const PER_DOUBLING = 8
const SMALLEST_MS = 0.001

/** How long things took, in bounded memory. */
export class Histogram {
  readonly #buckets = new Map<number, number>()
  #count = 0
  #max = 0

  add(ms: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) * PER_DOUBLING)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
    this.#count += 1
    this.#max = Math.max(this.#max, ms)
  }

  /** No less than the true value; 0 if nothing was added. */
  quantile(q: number): number {
    let left = Math.ceil(q * this.#count)
    for (const [bucket, count] of [...this.#buckets].toSorted(([a], [b]) => a - b)) {
      left -= count
      if (left <= 0) return Math.min(SMALLEST_MS * 2 ** (bucket / PER_DOUBLING), this.#max)
    }
    return this.#max
  }

  get max(): number {
    return this.#max
  }
}
