export interface Page<T> {
  readonly page: readonly T[]
  readonly more: boolean
}

/** The first of what may go on for long, after some that an earlier page has told. */
export async function pageOf<T>(items: AsyncIterable<T>, most: number, skip = 0): Promise<Page<T>> {
  const page: T[] = []
  let passed = 0
  for await (const item of items) {
    if (passed++ < skip) continue
    if (page.length === most) return { page, more: true }
    page.push(item)
  }
  return { page, more: false }
}
